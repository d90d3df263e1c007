// Keyboard shortcuts of the list.
import { byId } from "../../lib/dom.js";
import { addShortcutActions } from "../../lib/shortcuts.js";
import { openMenu } from "./menu.js";
import { bulk, bulkMenus, currentRow, linkOf, list, rows } from "./parts.js";
import { chooser, openValue, optionsOf } from "./rows.js";

function move(step) {
  const all = rows();
  const index = all.indexOf(currentRow());
  const next = all[index < 0 ? 0 : Math.max(0, Math.min(all.length - 1, index + step))];
  if (next) linkOf(next).focus();
}

// With selected rows, a key means all of them.
const isForAll = () => bulk.classList.contains("on");

function openChoice(name) {
  if (isForAll()) return openForAll(byId(`bulk-${name}`));
  if (!currentRow()) return false;
  openValue(currentRow(), name);
}

function openForAll(menu) {
  const label = `${menu.ariaLabel}: ${byId("selected").textContent}`;
  const onChoice = (value) => applyOnly(menu, value);
  openMenu({ on: menu, name: menu.name, label, options: optionsOf(menu.name), onChoice });
}

function setPriority(value) {
  if (isForAll()) return applyOnly(byId("bulk-priority"), value);
  if (!currentRow()) return false;
  chooser(currentRow(), "priority")(value);
}

function applyOnly(menu, value) {
  for (const other of bulkMenus()) other.selectedIndex = 0;
  menu.value = value;
  bulk.requestSubmit();
}

function leaveBulk(event) {
  if (!currentRow()) return;
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
  if (key !== "Tab" || shiftKey || !isForAll() || !target.matches(".c-title a, [name=ticket]"))
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
  select: () => (currentRow() ? currentRow().querySelector("[name=ticket]").click() : false),
  priority: setPriority,
});
