// Keyboard shortcuts: a `desk-key` event for each key pressed outside of fields and dialogs. The
// page that acts on it calls preventDefault. They can be turned off, as WCAG 2.1.4 asks of
// shortcuts without a modifier.
import { byId } from "./dom.js";
import { local } from "./storage.js";

const STORAGE_KEY = "keys";
const FIELDS = "input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]";
const REPEATABLE = ["j", "k"]; // these may be held down

// A popover, since a modal dialog makes a long list inert, which takes a slow machine half a second.
const dialog = byId("shortcuts");
const enabled = dialog.querySelector("[data-shortcuts-switch]");

enabled.checked = local.read(STORAGE_KEY) !== "off";
enabled.addEventListener("change", () => local.write(STORAGE_KEY, enabled.checked ? "on" : "off"));

function isShortcut(event, key) {
  if (event.defaultPrevented || event.isComposing) return false;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.repeat && !REPEATABLE.includes(key)) return false;
  return !event.target.closest(FIELDS) && !dialog.matches(":popover-open");
}

document.addEventListener("keydown", (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!enabled.checked || !isShortcut(event, key)) return;
  const shortcut = new CustomEvent("desk-key", { detail: { key }, cancelable: true });
  if (!document.dispatchEvent(shortcut)) event.preventDefault();
});

document.addEventListener("desk-key", (event) => {
  if (event.detail.key !== "?") return;
  event.preventDefault();
  dialog.showPopover();
});
