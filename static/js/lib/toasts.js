// Toasts, and Undo inside them.
import { byId, dispatch, focusOn } from "./dom.js";
import { local, session } from "./storage.js";

const MAX_TOASTS = matchMedia("(width < 40rem)").matches ? 1 : 3;
const UNDO_TIME = 20000; // milliseconds, as in desk.css
const RECENT_TIME = 10 * 60000; // milliseconds
const MAX_RECENT = 50; // changes
const STORAGE_KEY = "toasts";
const UNDO_FORM = "form[data-undo]";

/**
 * Show a message, with an Undo button if `undo` names the change ("12:3", see undo.py). `about` names
 * the value that it is about ("status-12"): a newer message about it takes its place. `since` is the
 * time of the clock at which its UNDO_TIME began.
 */
export function toast(message, undo, about = "", since = Date.now()) {
  endToasts(about);
  const line = document.createElement("div");
  line.className = "toast";
  Object.assign(line.dataset, { since, about });
  if (undo && !lasts(undo)) setTimeout(end, since + UNDO_TIME - Date.now(), line);
  line.append(Object.assign(document.createElement("p"), { textContent: message }));
  if (undo) line.append(undoForm(undo));
  show(line);
}

/** Remove the messages about a value, which is another one now. */
export function endToasts(about) {
  if (!about) return;
  for (const line of document.querySelectorAll(".toast")) {
    if (line.dataset.about === about) end(line);
  }
}

function end(line) {
  if (line.hidden) return; // its change is being undone
  if (line.contains(document.activeElement)) returnFocus();
  line.remove();
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

document.addEventListener("toast", ({ detail: { message, undo, about, seconds } }) => {
  // What holds for so many seconds ends with them.
  toast(message, undo, about, Date.now() + (seconds ? 1000 * seconds - UNDO_TIME : 0));
  if (lasts(undo)) remember({ message, undo, since: Date.now() });
});

/** Undo the change of the newest toast. If there is none, show the recent changes to choose from. */
export function undoNewest() {
  const button = undoButton();
  if (button) button.click();
  else if (recentChanges().length) openRecent();
  else toast("There is nothing to undo.");
}

// --- My recent changes: they can be undone for longer than a toast is there ---

const panel = byId("recent-changes");
/** The agent's account that is signed in; undefined if there is none. */
export const account = panel?.dataset.account;
const recentKey = `recent-${account}`;

/** Return the changes of this account in this browser, the newest first. */
function recentChanges() {
  const stored = local.readJSON(recentKey) || [];
  return stored.filter(({ since }) => Date.now() - since < RECENT_TIME);
}

/** Whether a change can be undone for longer than its toast is there: a waiting reply is sent. */
const lasts = (undo) => undo && !undo.startsWith("reply:");
function openRecent() {
  showRecent();
  panel.showPopover();
  panel.querySelector("button")?.focus();
}

function remember(change) {
  local.writeJSON(recentKey, [change, ...recentChanges()].slice(0, MAX_RECENT));
  showRecent();
}

function forget(undo) {
  local.writeJSON(
    recentKey,
    recentChanges().filter((change) => change.undo !== undo),
  );
  for (const form of document.querySelectorAll(`.toast:not([hidden]) ${UNDO_FORM}`)) {
    if (form.elements.changes.value === undo) form.closest(".toast").remove();
  }
  showRecent();
}

// Without scripts the server's page shows what was done, so the page before did not remember it.
function rememberLine(line) {
  const form = line.querySelector(UNDO_FORM);
  if (!form || !lasts(form.elements.changes.value)) return;
  const message = line.querySelector("p").textContent;
  remember({ message, undo: form.elements.changes.value, since: Date.now() });
}

function showRecent() {
  if (!panel) return;
  const changes = recentChanges();
  byId("recent").hidden = !changes.length;
  if (!changes.length) panel.hidePopover();
  const lines = changes.map(({ message, undo }) => {
    const line = document.createElement("li");
    line.append(Object.assign(document.createElement("p"), { textContent: message }));
    line.append(undoForm(undo));
    return line;
  });
  byId("recent-list").replaceChildren(...lines);
  for (const line of lines) window.htmx?.process(line);
}

if (panel) {
  byId("recent").addEventListener("click", openRecent);
  setInterval(() => {
    if (!panel.matches(":popover-open")) showRecent();
  }, 30000);
  document.addEventListener("visibilitychange", showRecent);
}

// --- Undo with htmx; pages without htmx submit the form normally ---

// The toast stays in the document until the response arrives: htmx sends its events to the form.
document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (!elt.matches(UNDO_FORM)) return;
  const line = elt.closest(".toast, li");
  if (line.contains(document.activeElement)) returnFocus();
  line.hidden = true;
});

document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
  if (!elt.matches(UNDO_FORM)) return;
  const line = elt.closest(".toast, li");
  if (successful) {
    line.remove();
    return forget(elt.elements.changes.value);
  }
  line.hidden = false;
  if (line.matches(".toast")) show(line);
  dispatch("undo-failed", {});
});

let lastFocus = null; // outside the toasts
document.addEventListener("focusin", ({ target }) => {
  if (!target.closest("#toasts, #recent-changes, #recent")) lastFocus = target;
});

function returnFocus() {
  const present = lastFocus?.isConnected ? lastFocus : lastFocus && byId(lastFocus.id);
  focusOn(present || byId("content"));
}

// Without htmx the form is sent as a page, which must not lose it before.
document.addEventListener("submit", ({ target }) => {
  if (window.htmx || !target.matches(UNDO_FORM)) return;
  const undone = target.elements.changes.value;
  local.writeJSON(
    recentKey,
    recentChanges().filter(({ undo }) => undo !== undone),
  );
});

// --- From one page to the next ---

// A screen reader reads only what changes, so the toasts of the server's page are inserted again.
document.addEventListener("DOMContentLoaded", () => {
  const toasts = byId("toasts");
  const lines = [...toasts.children];
  toasts.replaceChildren();
  setTimeout(() => {
    restore();
    lines.forEach(show);
    for (const line of lines) rememberLine(line);
    showRecent();
  }, 100);
  toasts.addEventListener("animationend", (event) => event.target.remove());
});

window.addEventListener("pagehide", () => {
  const lines = document.querySelectorAll(`.toast[data-since]:not([hidden]):has(${UNDO_FORM})`);
  const stored = [...lines].map((line) => ({
    message: line.firstChild.textContent,
    undo: line.querySelector(UNDO_FORM).elements.changes.value,
    about: line.dataset.about,
    since: Number(line.dataset.since),
  }));
  session.writeJSON(STORAGE_KEY, stored);
});

function restore() {
  const stored = session.readJSON(STORAGE_KEY) || [];
  session.remove(STORAGE_KEY);
  if (!byId("undo-form")) return; // nobody is signed in any more
  for (const { message, undo, about, since } of stored) {
    if (message && Date.now() - since < UNDO_TIME) toast(message, undo, about, since);
  }
}
