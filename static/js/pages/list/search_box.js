// The search box by keyboard: Enter and the down arrow lead to the first row, Escape to the list.
import { byId } from "../../lib/dom.js";
import { areAhead } from "./filters.js";
import { currentRow, filters, isTurning, linkOf, results } from "./parts.js";

const search = byId("search");
let isLeaving = false; // for the first row, once it is there

function leaveSearch() {
  isLeaving = areAhead() || isTurning();
  if (isLeaving) filters.requestSubmit();
  else focusFirst();
}

/** Focus the first row, or else the first way out of a list without rows. */
function focusFirst() {
  isLeaving = false;
  (results().querySelector(".c-title a, .empty a") || results()).focus();
}

search.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Enter" || event.key === "ArrowDown") leaveSearch();
  // The browser would empty the box.
  else if (event.key !== "Escape") return;
  else if (currentRow()) linkOf(currentRow()).focus();
  else focusFirst();
  event.preventDefault();
});
search.addEventListener("input", () => {
  isLeaving = false;
});

/** Go to the first row if somebody is on the way there and the list is the one that they asked for. */
export function arrive() {
  if (isLeaving && !areAhead()) focusFirst();
}
