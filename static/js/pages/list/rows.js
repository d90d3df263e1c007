// The rows: values that change in place, and rows that show a newer state.
import { byId, dispatch, focusOn, parse } from "../../lib/dom.js";
import { createSaveQueue, reset, storedValue } from "../../lib/save_queue.js";
import { endToasts } from "../../lib/toasts.js";
import { linkOf, list, rowOf, setCurrent } from "./parts.js";

let openedByKey = ""; // the select that a key opened: the focus goes back to its row

/** Open a menu; return whether the browser could. Otherwise the arrow keys choose. */
export function openMenu(menu) {
  menu.focus();
  openedByKey = menu.id;
  try {
    menu.showPicker();
    return true;
  } catch {
    return false;
  }
}

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

export function choose(select) {
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
export function updateRow(row, fresh) {
  const focused = row.contains(document.activeElement) ? document.activeElement : null;
  // The browser reports a focus that was lost with its element.
  const isOpenedByKey = focused !== null && focused.id === openedByKey;
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
    focusOn(isOpenedByKey ? linkOf(row) : byId(focused.id));
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
export function restoreChoices(row) {
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

/** Return whether a row differs from what the page shows, and nothing of it is being saved. */
export function isNewer(row) {
  const present = byId(row.id);
  if (!present) return true;
  const step = Number(row.dataset.version) - Number(present.dataset.version);
  const isRead = step === 0 && row.dataset.unread !== present.dataset.unread;
  return (step > 0 || isRead) && !present.hasAttribute("aria-busy");
}

list.addEventListener("change", ({ target }) => {
  if (target.localName === "select" && rowOf(target)) choose(target);
});
list.addEventListener("click", ({ target }) => {
  const row = target.name !== "ticket" && rowOf(target);
  // So that Back leads to this row.
  if (row) history.replaceState({ ...history.state, row: row.id }, "");
});
list.addEventListener("focusin", ({ target }) => {
  if (rowOf(target)) setCurrent(rowOf(target));
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
