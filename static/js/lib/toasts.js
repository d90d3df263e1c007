// Toasts, and Undo inside them.
import { byId, dispatch, focusOn } from "./dom.js";
import { session } from "./storage.js";

const MAX_TOASTS = 3;
const UNDO_TIME = 20000; // milliseconds, as in desk.css
const STORAGE_KEY = "toasts";
const UNDO_FORM = "form[data-undo]";

/** Show a message, with an Undo button if `undo` names the change ("12:3", see undo.py). */
export function toast(message, undo, since = Date.now()) {
  const line = document.createElement("div");
  line.className = "toast";
  line.dataset.since = since;
  line.append(Object.assign(document.createElement("p"), { textContent: message }));
  if (undo) line.append(undoForm(undo));
  show(line);
}

function show(line) {
  const visible = document.querySelectorAll("#toasts > :not([hidden])");
  for (let excess = visible.length - MAX_TOASTS; excess >= 0; excess--) visible[excess].remove();
  byId("toasts").append(line);
  window.htmx?.process(line);
}

function undoForm(changes) {
  const form = byId("undo-form").content.firstElementChild.cloneNode(true);
  form.elements.changes.value = changes;
  form.elements.next.value = location.pathname + location.search;
  return form;
}

/** Return the newest Undo button, or the one of these changes; undefined if there is none. */
export function undoButton(changes) {
  const forms = [...document.querySelectorAll(`.toast:not([hidden]) ${UNDO_FORM}`)];
  const form = changes
    ? forms.find((each) => each.elements.changes.value === changes)
    : forms.pop();
  return form?.querySelector("button");
}

document.addEventListener("toast", ({ detail }) => toast(detail.message, detail.undo));

/** Undo the newest change that can be undone on this page. */
export function undoNewest() {
  const button = undoButton();
  if (button) button.click();
  else toast("There is nothing to undo.");
}

// --- Undo with htmx; pages without htmx submit the form normally ---

// The toast stays in the document until the response arrives: htmx sends its events to the form.
document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (!elt.matches(UNDO_FORM)) return;
  const line = elt.closest(".toast");
  if (line.contains(document.activeElement)) returnFocus();
  line.hidden = true;
});

document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
  if (!elt.matches(UNDO_FORM)) return;
  const line = elt.closest(".toast");
  line.remove();
  if (successful) return;
  line.hidden = false;
  show(line);
  dispatch("undo-failed", {});
});

let lastFocus = null; // outside the toasts
document.addEventListener("focusin", ({ target }) => {
  if (!target.closest("#toasts")) lastFocus = target;
});

function returnFocus() {
  const present = lastFocus?.isConnected ? lastFocus : lastFocus && byId(lastFocus.id);
  focusOn(present || byId("content"));
}

// --- From one page to the next ---

// A screen reader reads only what changes, so the toasts of the server's page are inserted again.
document.addEventListener("DOMContentLoaded", () => {
  const toasts = byId("toasts");
  const lines = [...toasts.children];
  toasts.replaceChildren();
  setTimeout(() => {
    restore();
    lines.forEach(show);
  }, 100);
  toasts.addEventListener("animationend", (event) => event.target.remove());
});

window.addEventListener("pagehide", () => {
  const lines = document.querySelectorAll(`.toast[data-since]:not([hidden]):has(${UNDO_FORM})`);
  const stored = [...lines].map((line) => ({
    message: line.firstChild.textContent,
    undo: line.querySelector(UNDO_FORM).elements.changes.value,
    since: Number(line.dataset.since),
  }));
  session.writeJSON(STORAGE_KEY, stored);
});

function restore() {
  const stored = session.readJSON(STORAGE_KEY) || [];
  session.remove(STORAGE_KEY);
  if (!byId("undo-form")) return; // nobody is signed in any more
  for (const { message, undo, since } of stored) {
    if (message && Date.now() - since < UNDO_TIME) toast(message, undo, since);
  }
}
