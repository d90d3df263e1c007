// The filters above the list: they alone say which tickets are asked for.
import { byId } from "../../lib/dom.js";
import { filters, list, results } from "./parts.js";

// The filters as they are now, written as the server does: the links are still those of the last
// response.
export function filterQuery() {
  const values = [...new FormData(filters)].map(([name, value]) => [name, value.trim()]);
  const query = new URLSearchParams(values.filter(([, value]) => value));
  if (query.size > 1) query.delete("sort", "newest");
  return query;
}

// Whether the filters ask for another list than the one on the page. No field holds a line end.
export function areAhead() {
  const here = results().dataset.here.replace(/%0[AD]/gi, "");
  const present = new URL(here, location.href).searchParams;
  const wanted = filterQuery();
  present.delete("cursor");
  for (const query of [present, wanted]) query.sort();
  return `${present}` !== `${wanted}`;
}

list.addEventListener("htmx:configRequest", ({ detail }) => {
  const { elt } = detail;
  const isTab = Boolean(elt.closest(".tabs"));
  if (isTab) filters.elements.status.value = new URLSearchParams(elt.search).get("status") || "";
  if ((isTab || elt.closest(".pager")) && areAhead()) {
    detail.path = `${filters.action}?${filterQuery()}`;
  }
});
list.addEventListener("formdata", ({ target, formData }) => {
  if (!target.closest(".export") || !areAhead()) return;
  for (const { name } of target.querySelectorAll("[type=hidden]")) formData.delete(name);
  for (const [name, value] of filterQuery()) formData.append(name, value);
});
byId("save-view").addEventListener("submit", () => {
  if (areAhead()) byId("view-query").value = filterQuery();
});

// On a phone only some of the views are visible.
export function showCurrentView() {
  const chip = document.querySelector(".chips [aria-current=page]");
  const chips = chip?.closest("ul");
  if (!chip) return;
  chips.scrollLeft += chip.getBoundingClientRect().left - chips.getBoundingClientRect().left - 16;
}
