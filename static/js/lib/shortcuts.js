// Keyboard shortcuts: a key pressed outside of fields and dialogs starts an action of the page. The
// page's help says which one, see `tickets/pages/shortcuts.py`. They can be turned off, as WCAG
// 2.1.4 asks of shortcuts without a modifier.
import { byId } from "./dom.js";
import { local } from "./storage.js";
import { undoNewest } from "./toasts.js";

const STORAGE_KEY = "keys"; // a preference, which stays when somebody signs out
const FIELDS = "input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]";
const REPEATABLE = ["j", "k"]; // these may be held down

// A popover, since a modal dialog makes a long list inert, which takes a slow machine half a second.
// Only agents have it.
const dialog = byId("shortcuts");
const shortcuts = new Map(
  [...(dialog?.querySelectorAll("[data-action]") || [])].map((key) => [
    key.textContent,
    key.dataset,
  ]),
);
const actions = { help: () => dialog.showPopover(), undo: undoNewest };
const enabled = dialog?.querySelector("[data-shortcuts-switch]");

if (enabled) {
  enabled.checked = local.read(STORAGE_KEY) !== "off";
  enabled.addEventListener("change", () =>
    local.write(STORAGE_KEY, enabled.checked ? "on" : "off"),
  );
}

function isShortcut(event, key) {
  // 229 and "Process" are keys of an input method.
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return false;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.repeat && !REPEATABLE.includes(key)) return false;
  return !event.target.closest(`${FIELDS}, :popover-open`) && !dialog.matches(":popover-open");
}

/**
 * Return the key that somebody means: its own character if that is Latin, a digit or a symbol. Where
 * the key of a letter writes another script, or that of a digit something else, its place counts.
 */
function keyOf({ key, code, shiftKey }) {
  if (key.length !== 1) return key;
  if (/^Key/.test(code) && /[\p{L}\p{M}]/u.test(key) && !/\p{Script=Latin}/u.test(key)) {
    return code.slice("Key".length).toLowerCase();
  }
  if (/^Digit/.test(code) && !shiftKey && !shortcuts.has(key)) return code.slice("Digit".length);
  return key.toLowerCase();
}

document.addEventListener("keydown", (event) => {
  const key = keyOf(event);
  const shortcut = shortcuts.get(key);
  if (!shortcut || !enabled.checked || !isShortcut(event, key)) return;
  if (actions[shortcut.action](shortcut.value) !== false) event.preventDefault();
});

/**
 * Add the page's actions: {name: (value) => ...}. An action that returns false leaves the key to
 * the browser.
 */
export function addShortcutActions(more) {
  Object.assign(actions, more);
}
