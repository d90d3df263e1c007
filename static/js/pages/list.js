// The ticket list: changes in place, selection, shortcuts, and the announcement of new tickets.
import "./base.js";
import { byId, dispatch, focusOn, parse } from "../lib/dom.js";
import { stopPolling } from "../lib/requests.js";
import { createSaveQueue, reset, storedValue } from "../lib/save_queue.js";
import { addShortcutActions } from "../lib/shortcuts.js";
import { endToasts } from "../lib/toasts.js";

const list = byId("list");
const bulk = byId("bulk");
const bulkMenus = () => [...bulk.querySelectorAll("select")];
const filters = byId("filters");
const results = () => byId("results");
const rows = () => [...document.querySelectorAll(".tickets tbody tr")];
const boxes = () => [...document.querySelectorAll("[name=ticket]")];
const rowOf = (element) => element?.closest(".tickets tbody tr");
const linkOf = (row) => row.querySelector(".c-title a");
const pathWith = (path, query) => `${path}${path.includes("?") ? "&" : "?"}${query}`;

// --- Filters ---

// The filters as they are now, written as the server does: the links are still those of the last
// response.
function filterQuery() {
  const values = [...new FormData(filters)].map(([name, value]) => [name, value.trim()]);
  const query = new URLSearchParams(values.filter(([, value]) => value));
  if (query.size > 1) query.delete("sort", "newest");
  return query;
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

// --- The search box by keyboard ---

const search = byId("search");
let isLeavingSearch = false; // for the first row, once it is there

function leaveSearch() {
  isLeavingSearch = areAhead() || isTurning();
  if (isLeavingSearch) filters.requestSubmit();
  else focusFirst();
}

/** Focus the first row, or else the first way out of a list without rows. */
function focusFirst() {
  isLeavingSearch = false;
  (results().querySelector(".c-title a, .empty a") || results()).focus();
}

search.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Enter" || event.key === "ArrowDown") leaveSearch();
  // The browser would empty the box.
  else if (event.key !== "Escape") return;
  else if (byId(current)) linkOf(byId(current)).focus();
  else focusFirst();
  event.preventDefault();
});
search.addEventListener("input", () => {
  isLeavingSearch = false;
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
    if (byId(target)) updateRow(byId(target), fresh);
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

/**
 * Show a newer state of a row, cell by cell, so that what did not change stays as it is. A menu that
 * is open stays, and if it chooses a value that has changed, so does the row's version: the choice
 * then conflicts. Return whether the row is complete.
 */
function updateRow(row, fresh) {
  const focused = row.contains(document.activeElement) ? document.activeElement : null;
  let isComplete = true;
  [...fresh.cells].forEach((cell, index) => {
    const present = row.cells[index];
    const menu = present.querySelector("select");
    if (menu && isOpen(menu))
      isComplete = storedValue(menu) === storedValue(cell.querySelector("select"));
    else if (!cell.isEqualNode(present)) {
      if (menu && storedValue(menu) !== storedValue(cell.querySelector("select"))) {
        endToasts(menu.id);
      }
      present.replaceWith(cell);
    }
  });
  if (isComplete) Object.assign(row.dataset, fresh.dataset);
  for (const menu of row.querySelectorAll("select")) if (!isOpen(menu)) reset(menu);
  restoreChoices(row);
  if (focused && !isOpen(focused)) {
    focusOn(focused.id === openedByKey ? linkOf(row) : byId(focused.id));
  }
  return isComplete;
}

/** Return whether somebody is choosing in this select; in older browsers, whether they may be. */
function isOpen(select) {
  const hasFocus = select === document.activeElement;
  try {
    return hasFocus && select.matches(":open");
  } catch {
    return hasFocus && select.localName === "select";
  }
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

function isNewer(row) {
  const present = byId(row.id);
  if (!present) return true;
  const step = Number(row.dataset.version) - Number(present.dataset.version);
  const isRead = step === 0 && row.dataset.unread !== present.dataset.unread;
  return (step > 0 || isRead) && !present.hasAttribute("aria-busy");
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
  if (isLeavingSearch && !areAhead()) focusFirst();
  if (isNewPage) (rows().length ? linkOf(firstUnseen()) : results()).focus();
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
  const isWholePage = selected > 0 && selected === all.length;
  if (!isWholePage) matching.value = "";
  if (!matching.value) below.value = "";
  selectMatching.hidden =
    !isWholePage || Boolean(matching.value) || !document.querySelector(".pager");
  selectMatching.textContent = `Select all ${results().dataset.matching} that match`;
  const text = matching.value
    ? `All ${results().dataset.matching} selected. They change ${bulk.dataset.step} at a time, each time with Undo.`
    : `${selected} selected`;
  byId("selected").textContent = selected ? text : "";
}

// --- All that match: the server changes a number of them, then the page sends the rest ---

const { matching, below } = bulk.elements;
const selectMatching = byId("select-matching");
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
  if (isContinuing) bulk.requestSubmit();
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
function clear(sent = null) {
  const first = boxes().find((box) => box.checked);
  for (const box of boxes()) {
    if (!sent || sent.getAll("ticket").includes(box.value)) box.checked = false;
  }
  for (const field of bulkMenus()) {
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

/** Open a menu; return whether the browser could. Otherwise the arrow keys choose. */
function open(menu) {
  menu.focus();
  openedByKey = menu.id;
  try {
    menu.showPicker();
    return true;
  } catch {
    return false;
  }
}

/** Return a control of the current row; null if there is no such row any more. */
function inRow(name) {
  return byId(current) && byId(`${name}-${current.slice("row-".length)}`);
}

const hasSelection = () => bulk.classList.contains("on");

// With selected rows, a key means all of them.
function openMenu(name) {
  const menu = hasSelection() ? byId(`bulk-${name}`) : inRow(name);
  if (!menu) return false;
  chosenAtOnce = open(menu) && hasSelection() ? menu : null;
}

function setPriority(value) {
  const menu = hasSelection() ? byId("bulk-priority") : inRow("priority");
  if (!menu) return false;
  menu.value = value;
  return hasSelection() ? applyOnly(menu) : choose(menu);
}

let chosenAtOnce = null; // the menu of the bulk bar whose choice needs no "Apply"

function applyOnly(menu) {
  for (const other of bulkMenus()) if (other !== menu) other.selectedIndex = 0;
  bulk.requestSubmit();
}

bulk.addEventListener("change", ({ target }) => {
  if (target === chosenAtOnce && target.value) applyOnly(target);
});
bulk.addEventListener("focusout", () => {
  chosenAtOnce = null;
});
function leaveBulk(event) {
  if (!byId(current)) return;
  if (event.target === chosenAtOnce) event.target.selectedIndex = 0;
  linkOf(byId(current)).focus();
  event.preventDefault();
}

bulk.addEventListener("keydown", (event) => {
  const isBack = event.key === "Tab" && event.shiftKey && event.target === bulkMenus()[0];
  if (isBack || event.key === "Escape") leaveBulk(event);
});
// An open menu keeps the keydown event of Escape to itself.
bulk.addEventListener("keyup", (event) => {
  if (event.key === "Escape") leaveBulk(event);
});
// The bulk bar comes after all rows. With selected ones it is one Tab away, and one Tab back.
list.addEventListener("keydown", (event) => {
  const { key, shiftKey, target } = event;
  if (key !== "Tab" || shiftKey || !hasSelection() || !target.matches(".c-title a, [name=ticket]"))
    return;
  bulkMenus()[0].focus();
  event.preventDefault();
});

addShortcutActions({
  next: () => move(1),
  previous: () => move(-1),
  search: () => search.select(),
  status: () => openMenu("status"),
  category: () => openMenu("category"),
  assignee: () => openMenu("assignee"),
  select: () => (inRow("pick") ? inRow("pick").click() : false),
  priority: setPriority,
});

// --- What others do: rows show it in place, and what is new is announced ---

const poll = byId("new-tickets-poll");
const announcement = byId("new-tickets");
let seen = []; // ids of the rows before the announcement was followed

poll.addEventListener("htmx:configRequest", ({ detail }) => {
  const { news, newest, readAt } = results().dataset;
  const visible = rows().map(({ id, dataset }) =>
    [id.slice("row-".length), dataset.version, dataset.unread].join("."),
  );
  const query = new URLSearchParams({ after: newest, read_at: readAt, visible });
  detail.path = pathWith(news, query);
  poll.here = results();
});
poll.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
  if (xhr.status === 401) stopPolling(poll);
  if (xhr.status !== 200 || results() !== poll.here || isTurning()) return;
  const response = JSON.parse(xhr.responseText);
  if (announcement.textContent !== response.announcement) {
    announcement.textContent = response.announcement;
  }
  announcement.hidden = !response.announcement;
  const fresh = [...parse(response.rows).children].filter((row) => byId(row.id));
  const updated = fresh.filter((row) => isNewer(row) && updateRow(byId(row.id), row));
  // A row that is being changed has to be sent again.
  poll.dataset.etag = updated.length === fresh.length ? xhr.getResponseHeader("ETag") : "";
  if (updated.length) dispatch("row-saved");
});
document.addEventListener("visibilitychange", () => htmx.trigger(poll, "poll"));

announcement.addEventListener("click", () => {
  const { first } = results().dataset;
  seen = rows().map(({ id }) => id);
  htmx.ajax("GET", first, { source: results(), swap: "outerHTML show:window:top" });
});

// In some orders what is new comes last.
function firstUnseen() {
  const unseen = seen.length ? rows().find(({ id }) => !seen.includes(id)) : null;
  seen = [];
  return unseen || rows()[0];
}

// --- The page opens, perhaps on the way back from a ticket ---

const anchor = location.hash.startsWith("#open-") ? location.hash.slice(1) : "";
const row = history.state?.row || anchor.replace("open", "row");
if (row) focusOn(byId(row) ? linkOf(byId(row)) : results());
if (anchor)
  history.replaceState({ ...history.state, row }, "", location.pathname + location.search);
countSelected();
showCurrentView();
