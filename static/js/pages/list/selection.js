// Selected rows, and the bulk bar that changes all of them.
import { byId, focusOn } from "../../lib/dom.js";
import { boxes, bulk, bulkMenus, linkOf, list, results, rowOf } from "./parts.js";

const { matching, below } = bulk.elements;
const selectMatching = byId("select-matching");
let rangeStart = null;

export function countSelected() {
  const all = boxes();
  const selected = all.filter((box) => box.checked).length;
  const whole = byId("pick-all");
  if (whole) {
    whole.checked = selected > 0 && selected === all.length;
    whole.indeterminate = selected > 0 && selected < all.length;
  }
  bulk.classList.toggle("on", selected > 0);
  const isWholePage = selected > 0 && selected === all.length;
  if (!isWholePage) matching.value = "";
  if (!matching.value) below.value = "";
  selectMatching.hidden =
    !isWholePage || Boolean(matching.value) || !document.querySelector(".pager");
  selectMatching.textContent = `Select all ${results().dataset.matching} that match`;
  const text = matching.value ? allSelected() : `${selected} selected`;
  byId("selected").textContent = selected ? text : "";
}

// The server changes no more at a time than bulk.dataset.step.
function allSelected() {
  const { matching: count } = results().dataset; // such as "10,000+"
  const isMore = Number(count.replace(/\D/g, "")) > Number(bulk.dataset.step);
  const steps = ` They change ${bulk.dataset.step} at a time, each time with Undo.`;
  return `All ${count} selected.${isMore ? steps : ""}`;
}

/** Select rows by the ids of their boxes. Another list has other tickets that match. */
export function restoreSelection(ids, { isSameList }) {
  for (const box of boxes()) box.checked = ids.has(box.id);
  if (!isSameList) matching.value = "";
  countSelected();
}

// All that match: the server changes a number of them, then the page sends the rest.
let isContinuing = false;

selectMatching.addEventListener("click", () => {
  const { here, newest } = results().dataset;
  const query = new URL(here, location.href).searchParams;
  query.delete("cursor");
  query.set("seen", newest);
  matching.value = query;
  countSelected();
  bulkMenus()[0].focus();
});
bulk.addEventListener("bulk-continues", ({ detail }) => {
  below.value = detail.below;
  isContinuing = true;
});
bulk.addEventListener("htmx:afterRequest", () => {
  // htmx drops a request while this one is not over yet.
  if (isContinuing) setTimeout(() => bulk.requestSubmit());
  isContinuing = false;
});

function select(box, isRange) {
  const all = boxes();
  const [from, to] = [all.indexOf(rangeStart), all.indexOf(box)].sort((one, other) => one - other);
  if (isRange && from >= 0) {
    for (const other of all.slice(from, to + 1)) other.checked = box.checked;
  }
  rangeStart = box;
  countSelected();
}

// All, or what was sent: rows and values that were chosen since then are the next change.
function clear(sent = null, left = []) {
  const first = boxes().find((box) => box.checked);
  for (const box of boxes()) {
    if (left.includes(Number(box.value))) continue;
    if (!sent || sent.getAll("ticket").includes(box.value)) box.checked = false;
  }
  for (const field of left.length ? [] : bulkMenus()) {
    if (!sent || sent.get(field.name) === field.value) field.selectedIndex = 0;
  }
  matching.value = "";
  countSelected();
  if (first) focusOn(linkOf(rowOf(first)));
}

let applied = null; // the bulk change that was sent
bulk.querySelector("[type=reset]").addEventListener("click", () => clear());
// A change that failed is offered again as it was (requests.js resets forms then).
bulk.addEventListener("reset", (event) => event.preventDefault());
// What the server has left is offered again.
bulk.addEventListener("tickets-changed", ({ detail }) => clear(applied, detail?.left));
document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (elt === bulk) applied = new FormData(bulk);
});

list.addEventListener("change", ({ target }) => {
  if (target.id !== "pick-all") return;
  for (const box of boxes()) box.checked = target.checked;
  countSelected();
});
list.addEventListener("click", ({ target, shiftKey }) => {
  if (target.name === "ticket") select(target, shiftKey);
});
