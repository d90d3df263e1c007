// The parts of the list's page. Results and rows are replaced, so they are looked up each time.
import { byId } from "../../lib/dom.js";

export const list = byId("list");
export const bulk = byId("bulk");
export const bulkMenus = () => [...bulk.querySelectorAll("select")];
export const filters = byId("filters");
export const results = () => byId("results");
export const rows = () => [...document.querySelectorAll(".tickets tbody tr")];
export const boxes = () => [...document.querySelectorAll("[name=ticket]")];
export const rowOf = (element) => element?.closest(".tickets tbody tr");
export const linkOf = (row) => row.querySelector(".c-title a");
export const pathWith = (path, query) => `${path}${path.includes("?") ? "&" : "?"}${query}`;

/** Return whether another list is on its way. */
export const isTurning = () => Boolean(list.querySelector(".htmx-request:not(.bulk)"));

let current = ""; // the id of the row that had the focus last

/** Return the row that had the focus last; null if there is no such row any more. */
export const currentRow = () => byId(current);

export function setCurrent(row) {
  current = row.id;
}
