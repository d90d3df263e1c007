// The rows: values that change in place, and rows that show a newer state.
import { byId, dispatch, focusOn, parse } from "../../lib/dom.js";
import { createSaveQueue } from "../../lib/save_queue.js";
import { endToasts } from "../../lib/toasts.js";
import { isOpenOn, openMenu } from "./menu.js";
import { bulkMenus, linkOf, list, rowOf, setCurrent } from "./parts.js";

const CHIP = "[aria-haspopup=listbox]";
const CONFIRMED = ["category", "priority"]; // choosing the value that triage has set confirms it
const numberOf = (row) => row.id.slice("row-".length);

/** Return the chip that shows a value of a row. */
export const chipOf = (row, name) => byId(`${name}-${numberOf(row)}`);

/** Make buttons of a row's values. Without scripts they are text. */
export function prepare(row) {
  const number = numberOf(row);
  for (const { name } of bulkMenus()) {
    const value = row.querySelector(`.c-${name}`).firstElementChild;
    if (value.localName === "button") continue;
    const id = `${name}-${number}`;
    const ariaLabel = `${name[0].toUpperCase()}${name.slice(1)} of #${number}: ${textOf(value)}`;
    const ariaExpanded = String(isOpenOn(id));
    const chip = document.createElement("button");
    Object.assign(chip, {
      id,
      type: "button",
      className: value.className,
      ariaLabel,
      ariaExpanded,
    });
    chip.ariaHasPopup = "listbox";
    chip.append(...value.childNodes);
    value.replaceWith(chip);
  }
}

// An assignee's initials are not part of the name.
const textOf = (chip) => (chip.querySelector(".name") || chip).textContent;

/** Return what a value can be: {value, text}. The bulk bar has all of them. */
export function optionsOf(name) {
  const [, ...options] = bulkMenus().find((menu) => menu.name === name).options;
  return options;
}

/** Return the value that a row shows. The menus use the same texts. */
function shownValue(chip, name) {
  return optionsOf(name).find(({ text }) => text === textOf(chip))?.value;
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
  isStored({ id, values }) {
    const [[name, value]] = Object.entries(values);
    if (CONFIRMED.includes(name)) return false;
    return Boolean(byId(id)) && shownValue(byId(id), name) === (value || "none");
  },
  reset() {}, // a row shows a value only once it is stored
});

function setBusy(row, isBusy) {
  if (isBusy) row?.setAttribute("aria-busy", "true");
  else row?.removeAttribute("aria-busy");
}

/** Open the menu of a row's value. */
export function openValue(row, name) {
  const on = chipOf(row, name);
  const unsaved = queue.unsaved(on.id)?.[name];
  openMenu({
    on,
    name,
    label: on.ariaLabel.replace(/:.*/, ""),
    options: optionsOf(name),
    current: unsaved === "" ? "none" : (unsaved ?? shownValue(on, name)),
    onChoice: chooser(row, name),
  });
}

/**
 * Return a function that saves a value of a row. If somebody else changes the same value before it is
 * called, that is a conflict: the row is taken as it is now.
 */
export function chooser(row, name) {
  const { pathname: path } = linkOf(row);
  const { version } = row.dataset;
  const change = { id: chipOf(row, name).id, target: row.id, path, version };
  return (value) => queue.add({ ...change, values: { [name]: value === "none" ? "" : value } });
}

/** Show a newer state of a row, cell by cell, so that what did not change stays as it is. */
export function updateRow(row, fresh) {
  const focused = row.contains(document.activeElement) ? document.activeElement.id : "";
  prepare(fresh);
  [...fresh.cells].forEach((cell, index) => {
    const present = row.cells[index];
    if (cell.isEqualNode(present)) return;
    if (cell.textContent !== present.textContent) endToasts(present.querySelector(CHIP)?.id);
    present.replaceWith(cell);
  });
  Object.assign(row.dataset, fresh.dataset);
  restoreChoices(row);
  if (focused) focusOn(byId(focused));
}

/** Values that were chosen while a request was pending still have to be saved. */
export function restoreChoices(row) {
  const chips = [...row.querySelectorAll(CHIP)];
  if (chips.some(({ id }) => queue.unsaved(id))) setBusy(row, true);
}

/** Return whether a row differs from what the page shows, and nothing of it is being saved. */
export function isNewer(row) {
  const present = byId(row.id);
  if (!present) return true;
  const step = Number(row.dataset.version) - Number(present.dataset.version);
  const isRead = step === 0 && row.dataset.unread !== present.dataset.unread;
  return (step > 0 || isRead) && !present.hasAttribute("aria-busy");
}

let pressed = ""; // the chip whose open menu this click has closed already
list.addEventListener("pointerdown", ({ target }) => {
  const chip = target.closest(CHIP);
  pressed = chip && isOpenOn(chip.id) ? chip.id : "";
});
list.addEventListener("click", ({ target }) => {
  const row = target.name !== "ticket" && rowOf(target);
  // So that Back leads to this row.
  if (row) history.replaceState({ ...history.state, row: row.id }, "");
  const chip = target.closest(CHIP);
  if (chip && chip.id !== pressed) openValue(row, chip.id.split("-")[0]);
  pressed = "";
});
list.addEventListener("focusin", ({ target }) => {
  if (rowOf(target)) setCurrent(rowOf(target));
});
