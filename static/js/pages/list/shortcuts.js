// Keyboard shortcuts of the list. With selected rows, a key means all of them.
import { byId } from "../../lib/dom.js";
import { addShortcutActions } from "../../lib/shortcuts.js";
import { bulk, bulkMenus, currentRow, linkOf, list, rows } from "./parts.js";
import { choose, openMenu } from "./rows.js";

function move(step) {
  const all = rows();
  const index = all.indexOf(currentRow());
  const next = all[index < 0 ? 0 : Math.max(0, Math.min(all.length - 1, index + step))];
  if (next) linkOf(next).focus();
}

/** Return a control of the current row; null if there is no such row any more. */
function inRow(name) {
  return currentRow() && byId(`${name}-${currentRow().id.slice("row-".length)}`);
}

const hasSelection = () => bulk.classList.contains("on");

// With selected rows, a key means all of them.
function openChoice(name) {
  const menu = hasSelection() ? byId(`bulk-${name}`) : inRow(name);
  if (!menu) return false;
  chosenAtOnce = openMenu(menu) && hasSelection() ? menu : null;
}

function setPriority(value) {
  const menu = hasSelection() ? byId("bulk-priority") : inRow("priority");
  if (!menu) return false;
  menu.value = value;
  return hasSelection() ? applyOnly(menu) : choose(menu);
}

const PAUSE = 250; // milliseconds: before a slow menu opens, arrow keys choose without it
let chosenAtOnce = null; // the menu of the bulk bar whose choice needs no "Apply"
let applying; // the timer of such a choice

function applyOnly(menu) {
  for (const other of bulkMenus()) if (other !== menu) other.selectedIndex = 0;
  bulk.requestSubmit();
}

bulk.addEventListener("change", ({ target }) => {
  if (target !== chosenAtOnce) return;
  clearTimeout(applying);
  if (target.value) applying = setTimeout(applyOnly, PAUSE, target);
});
bulk.addEventListener("focusout", () => {
  chosenAtOnce = null;
});
function leaveBulk(event) {
  if (!currentRow()) return;
  clearTimeout(applying);
  if (event.target === chosenAtOnce) event.target.selectedIndex = 0;
  linkOf(currentRow()).focus();
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
  search: () => byId("search").select(),
  status: () => openChoice("status"),
  category: () => openChoice("category"),
  assignee: () => openChoice("assignee"),
  select: () => (inRow("pick") ? inRow("pick").click() : false),
  priority: setPriority,
});
