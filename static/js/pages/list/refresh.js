// The list is updated: another list, or the same one after changes.
import { byId, dispatch, focusOn } from "../../lib/dom.js";
import { showCurrentView } from "./filters.js";
import { boxes, bulk, isTurning, linkOf, list, pathWith, results, rowOf, rows } from "./parts.js";
import { isNewer, prepare, restoreChoices, updateRow } from "./rows.js";
import { arrive } from "./search_box.js";
import { restoreSelection } from "./selection.js";
import { endAnnouncement, firstUnseen } from "./updates.js";

const refresh = byId("refresh");
const counts = byId("counts");
let before = null; // what must outlive an update
let isNewPage = false;
let isOutdated = false; // something changed while another list was on its way

// hx-swap="rows" replaces only the rows that are newer, which is the usual case: a whole new table
// takes a slow machine half a second. Idiomorph would do the same but weighs more than this page's
// budget has left.
htmx.defineExtension("rows", {
  isInlineSwap: (style) => style === "rows",
  handleSwap(style, _target, fragment, settling) {
    if (style !== "rows") return false;
    const fresh = fragment.querySelector("#results");
    const freshRows = [...fresh.querySelectorAll("tbody tr")];
    const idsOf = (all) => all.map((row) => row.id).join();
    if (freshRows.length && idsOf(freshRows) === idsOf(rows())) {
      for (const row of freshRows) if (isNewer(row)) updateRow(byId(row.id), row);
      for (const { id, textContent } of fresh.querySelectorAll(".count")) {
        byId(id).textContent = textContent;
      }
      return [results()];
    }
    for (const row of freshRows) if (!isNewer(row)) row.replaceWith(byId(row.id));
    results().replaceWith(fresh);
    settling.elts.push(fresh);
    return [fresh];
  },
});

document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const { target, fragment } = detail;
  // A status region that says the same again is read out again; the views stay the same in an
  // update, and one of them may have the focus.
  const isSame =
    target.role === "status" && target.textContent.trim() === fragment.textContent.trim();
  if (isSame || (target.role !== "status" && before?.isUpdate)) detail.shouldSwap = false;
});

// The same page of the list again, without the tickets that arrived since: they are announced.
refresh.addEventListener("htmx:configRequest", ({ detail }) => {
  const { here, newest } = results().dataset;
  detail.path = pathWith(here, new URLSearchParams({ seen: newest }));
});

// Only the counts, so that nothing moves.
counts.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.path = results().dataset.here;
});

for (const source of [refresh, counts]) {
  source.addEventListener("htmx:beforeRequest", (event) => {
    source.here = results().dataset.here;
    if (!isTurning()) return;
    isOutdated = true;
    event.preventDefault();
  });
}

document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (elt !== bulk && list.contains(elt))
    isNewPage = elt === results() || Boolean(elt.closest(".pager"));
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const source = detail.requestConfig.elt;
  const isUpdate = source === refresh || source === counts;
  // An update of a list that the user has since left.
  if (isUpdate && (isTurning() || source.here !== results().dataset.here)) {
    detail.shouldSwap = false;
    isOutdated ||= isTurning();
  }
  if (detail.target.id !== "results" || !detail.shouldSwap) return;
  const focused = results().contains(document.activeElement) ? document.activeElement : null;
  before = {
    isUpdate,
    focused: focused?.id,
    index: rows().indexOf(rowOf(focused)),
    selected: new Set(boxes().flatMap(({ id, checked }) => (checked ? id : []))),
  };
});

document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id !== "results" || !before) return;
  const { isUpdate, focused, index, selected } = before;
  before = null;
  restoreSelection(selected, { isSameList: isUpdate });
  rows().forEach(prepare);
  rows().forEach(restoreChoices);
  if (focused !== undefined && document.activeElement === document.body) {
    const near = index >= 0 && rows().at(Math.min(index, rows().length - 1));
    focusOn(byId(focused) || (near && linkOf(near)) || results());
  }
  if (isUpdate) return;
  arrive();
  if (isNewPage) (rows().length ? linkOf(firstUnseen()) : results()).focus();
  isNewPage = false;
  endAnnouncement();
  showCurrentView();
  if (isOutdated) dispatch("tickets-changed");
  isOutdated = false;
});
