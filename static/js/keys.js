// Keys for agents: a `desk-key` event for each key that is pressed outside fields and dialogs.
// They can be turned off, as WCAG 2.1.4 asks of keys without a modifier.
(() => {
  const MEMORY = "keys";
  const WRITING = "input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]";
  // No modal dialog: to make a long list inert takes a slow machine half a second.
  const dialog = document.getElementById("keys");
  const turnedOn = dialog.querySelector("[data-keys-switch]");

  // Where a browser forbids storage, the choice holds for this page.
  function remember(value) {
    try {
      localStorage.setItem(MEMORY, value);
    } catch {}
  }

  function recall() {
    try {
      return localStorage.getItem(MEMORY);
    } catch {
      return null;
    }
  }

  turnedOn.checked = recall() !== "off";
  turnedOn.addEventListener("change", () => remember(turnedOn.checked ? "on" : "off"));
  for (const opener of document.querySelectorAll("[data-keys-help]")) opener.hidden = false;

  const MOVING = ["j", "k"]; // the keys that may be held down

  function isMeant(event, key) {
    if (event.defaultPrevented || event.isComposing) return false;
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.repeat && !MOVING.includes(key)) return false;
    return !event.target.closest(WRITING) && !dialog.matches(":popover-open");
  }

  document.addEventListener("keydown", (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!turnedOn.checked || !isMeant(event, key)) return;
    const asked = new CustomEvent("desk-key", { detail: { key }, cancelable: true });
    if (!document.dispatchEvent(asked)) event.preventDefault();
  });

  document.addEventListener("desk-key", (event) => {
    if (event.detail.key !== "?") return;
    event.preventDefault();
    dialog.showPopover();
  });
})();
