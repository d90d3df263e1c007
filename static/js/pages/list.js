// The ticket list: changes in place, selection, shortcuts, and the announcement of new tickets.
import "./base.js";
import { byId, dispatch, focusOn, parse } from "../lib/dom.js";
import { stopPolling } from "../lib/requests.js";
import { createSaveQueue, reset } from "../lib/save_queue.js";
import { addShortcutActions } from "../lib/shortcuts.js";
import { undoNewest } from "../lib/toasts.js";

const list = byId("list");
const bulk = byId("bulk");
const filters = byId("filters");
const results = () => byId("results");
const rows = () => [...document.querySelectorAll(".tickets tbody tr")];
const boxes = () => [...document.querySelectorAll("[name=ticket]")];
const rowOf = (element) => element?.closest(".tickets tbody tr");
const linkOf = (row) => row.querySelector(".c-title a");
const pathWith = (path, query) => `${path}${path.includes("?") ? "&" : "?"}${query}`;

// --- Filters ---

// The filters as they are now: the links are still those of the last response.
function filterQuery() {
  const values = [...new FormData(filters)].map(([name, value]) => [name, value.trim()]);
  return new URLSearchParams(values.filter(([, value]) => value));
}

// Whether the filters ask for another list than the one on the page. No field holds a line end.
function areAhead() {
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
function showCurrentView() {
  const chip = document.querySelector(".chips [aria-current=page]");
  const chips = chip?.closest("ul");
  if (!chip) return;
  chips.scrollLeft += chip.getBoundingClientRect().left - chips.getBoundingClientRect().left - 16;
}

// --- Changes in place ---

let openedByKey = ""; // the select that a key opened: the focus goes back to its row

const queue = createSaveQueue({
  setBusy: ({ target }, isBusy) => setBusy(byId(target), isBusy),
  // The row alone, whether or not it still matches the filters.
  apply({ target }, html) {
    const fresh = parse(html).querySelector(`#${target}`);
    if (!fresh) return 0;
    if (byId(target)) replaceRow(byId(target), fresh);
    dispatch("row-saved");
    return fresh.dataset.version;
  },
  refresh: () => dispatch("tickets-changed"),
});

function setBusy(row, isBusy) {
  if (isBusy) row?.setAttribute("aria-busy", "true");
  else row?.removeAttribute("aria-busy");
}

function choose(select) {
  const row = rowOf(select);
  const { pathname: path } = linkOf(row);
  const { version } = row.dataset;
  const values = { [select.name]: select.value };
  queue.add({ id: select.id, target: row.id, path, version, values });
}

function replaceRow(row, fresh) {
  const focused = row.contains(document.activeElement) && document.activeElement.id;
  const isOpenedByKey = focused && focused === openedByKey;
  fresh.querySelector("[name=ticket]").checked = row.querySelector("[name=ticket]").checked;
  row.replaceWith(fresh);
  restoreChoices(fresh);
  if (focused) focusOn(isOpenedByKey ? linkOf(fresh) : byId(focused));
}

// Values that were chosen while a request was pending still have to be saved.
function restoreChoices(row) {
  const assignee = row.querySelector("select[name=assignee]");
  if (queue.has(assignee.id)) offerAgents(assignee);
  if (queue.restore(row)) setBusy(row, true);
}

// All agents in fifty selects would make the page too large, so they are copied from the bulk bar.
function offerAgents(select) {
  const present = new Set([...select.options].map((option) => option.value));
  for (const { value } of [...byId("bulk-assignee").options].slice(2)) {
    if (!present.has(value)) select.add(new Option(value, value));
  }
}

// --- The list is updated ---

const refresh = byId("refresh");
const counts = byId("counts");
let before = null; // what must outlive an update
let isNewPage = false;
let isOutdated = false; // something changed while another list was on its way

// Another list is on its way.
const isTurning = () => Boolean(list.querySelector(".htmx-request:not(.bulk)"));

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
      for (const row of freshRows) if (isNewer(row)) replaceRow(byId(row.id), row);
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

function isNewer(row) {
  const present = byId(row.id);
  if (!present) return true;
  const isNewerVersion = Number(row.dataset.version) > Number(present.dataset.version);
  return isNewerVersion && !present.hasAttribute("aria-busy");
}

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
  if (elt === bulk) applied = new FormData(bulk);
  else if (list.contains(elt)) isNewPage = elt === results() || Boolean(elt.closest(".pager"));
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
  for (const box of boxes()) box.checked = selected.has(box.id);
  rows().forEach(restoreChoices);
  countSelected();
  if (focused !== undefined && document.activeElement === document.body) {
    const near = index >= 0 && rows().at(Math.min(index, rows().length - 1));
    focusOn(byId(focused) || (near && linkOf(near)) || results());
  }
  if (isUpdate) return;
  if (isNewPage) focusOn(rows().length ? linkOf(rows()[0]) : results());
  isNewPage = false;
  poll.dataset.etag = "";
  announcement.hidden = true;
  showCurrentView();
  if (isOutdated) dispatch("tickets-changed");
  isOutdated = false;
});

// --- Selection ---

let rangeStart = null;

function countSelected() {
  const all = boxes();
  const selected = all.filter((box) => box.checked).length;
  const whole = byId("pick-all");
  if (whole) {
    whole.checked = selected > 0 && selected === all.length;
    whole.indeterminate = selected > 0 && selected < all.length;
  }
  bulk.classList.toggle("on", selected > 0);
  byId("selected").textContent = selected ? `${selected} selected` : "";
}

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
function clear(sent = null) {
  const first = boxes().find((box) => box.checked);
  for (const box of boxes()) {
    if (!sent || sent.getAll("ticket").includes(box.value)) box.checked = false;
  }
  for (const field of bulk.querySelectorAll("select")) {
    if (!sent || sent.get(field.name) === field.value) field.selectedIndex = 0;
  }
  countSelected();
  if (first) focusOn(linkOf(rowOf(first)));
}

let applied = null; // the bulk change that was sent
bulk.querySelector("[type=reset]").addEventListener("click", () => clear());
// A change that failed is offered again as it was (requests.js resets forms then).
bulk.addEventListener("reset", (event) => event.preventDefault());
bulk.addEventListener("tickets-changed", () => clear(applied));

// --- Events in the table ---

list.addEventListener("change", ({ target }) => {
  if (target.id === "pick-all") {
    for (const box of boxes()) box.checked = target.checked;
    countSelected();
  } else if (target.localName === "select" && rowOf(target)) choose(target);
});
list.addEventListener("click", (event) => {
  if (event.target.name === "ticket") select(event.target, event.shiftKey);
  // So that Back leads to this row.
  else if (rowOf(event.target)) history.replaceState({ ...history.state, row: current }, "");
});
list.addEventListener("focusin", ({ target }) => {
  if (rowOf(target)) current = rowOf(target).id;
  if (target.name === "assignee" && rowOf(target)) offerAgents(target);
});
list.addEventListener("focusout", ({ target }) => {
  if (target.id === openedByKey) openedByKey = "";
  queue.send(target.id);
});
// An open select keeps the keydown event of Escape to itself.
for (const name of ["keydown", "keyup"]) {
  list.addEventListener(name, ({ key, target }) => {
    const row = rowOf(target);
    if (key !== "Escape" || !row || target.localName !== "select") return;
    queue.cancel(target.id);
    reset(target);
    focusOn(linkOf(row));
  });
}

// --- Keyboard shortcuts ---

let current = ""; // the row that had the focus last

function move(step) {
  const all = rows();
  const index = all.findIndex((row) => row.id === current);
  const next = all[index < 0 ? 0 : Math.max(0, Math.min(all.length - 1, index + step))];
  if (next) linkOf(next).focus();
}

function open(menu) {
  menu.focus();
  openedByKey = menu.id;
  try {
    menu.showPicker();
  } catch {} // an older browser: the arrow keys choose
}

/** Return a control of the current row; null if there is no such row any more. */
function inRow(name) {
  return byId(current) && byId(`${name}-${current.slice("row-".length)}`);
}

function openInRow(name) {
  const menu = inRow(name);
  return menu ? open(menu) : false;
}

function setPriority(value) {
  const select = inRow("priority");
  if (!select) return false;
  select.value = value;
  return choose(select);
}

addShortcutActions({
  next: () => move(1),
  previous: () => move(-1),
  search: () => byId("search").select(),
  status: () => openInRow("status"),
  category: () => openInRow("category"),
  assignee: () => openInRow("assignee"),
  select: () => (inRow("pick") ? inRow("pick").click() : false),
  priority: setPriority,
  undo: undoNewest,
});

// --- New tickets are announced ---

const poll = byId("new-tickets-poll");
const announcement = byId("new-tickets");

poll.addEventListener("htmx:configRequest", ({ detail }) => {
  const { news, newest } = results().dataset;
  detail.path = pathWith(news, new URLSearchParams({ after: newest }));
  poll.newest = newest;
});
poll.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
  if (xhr.status === 401) stopPolling(poll);
  if (xhr.status !== 200 || results().dataset.newest !== poll.newest) return;
  poll.dataset.etag = xhr.getResponseHeader("ETag") || "";
  const { count, more } = JSON.parse(xhr.responseText);
  announcement.hidden = !count;
  announcement.textContent = `${count}${more ? "+" : ""} new ticket${count === 1 ? "" : "s"}`;
});

announcement.addEventListener("click", () => {
  const { first } = results().dataset;
  htmx.ajax("GET", first, { source: results(), swap: "outerHTML show:window:top" });
});

// --- The page opens, perhaps on the way back from a ticket ---

const anchor = location.hash.startsWith("#open-") ? location.hash.slice(1) : "";
const row = history.state?.row || anchor.replace("open", "row");
if (row) focusOn(byId(row) ? linkOf(byId(row)) : results());
if (anchor)
  history.replaceState({ ...history.state, row }, "", location.pathname + location.search);
countSelected();
showCurrentView();
