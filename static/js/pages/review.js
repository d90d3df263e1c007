// The review queue by keyboard: keys choose, Enter sends, and each step can be undone.
// htmx settles at once (settle:0ms): otherwise a key could reach a form that htmx has not processed
// yet.
import "./base.js";
import "../lib/requests.js";
import { byId, dispatch, focusOn } from "../lib/dom.js";
import { addShortcutActions } from "../lib/shortcuts.js";
import { undoButton, undoNewest } from "../lib/toasts.js";

const announcement = byId("review-announcement");
const steps = []; // {url} of a skip, with `changes` of a decision; the latest last
let undoing = null; // the step on its way back
let moreUndos = 0; // steps to undo once that one is back
let focusWasInside = false; // in the card that is replaced

const card = () => byId("review");
const form = () => byId("review-form");

// --- Keyboard shortcuts ---

addShortcutActions({
  accept,
  skip,
  undo,
  category: (value) => choose("category", value),
  priority: (value) => choose("priority", value),
});

// On a link or a button, Enter does its usual job.
function accept() {
  if (!form() || document.activeElement.closest("a, button, summary")) return false;
  form().requestSubmit();
  return true;
}

function skip() {
  const link = byId("skip");
  link?.click();
  return Boolean(link);
}

function choose(name, value) {
  const radio = byId(`${name}-${value}`);
  if (!radio) return false;
  radio.checked = true;
  const group = radio.closest("fieldset").querySelector("legend").textContent;
  const label = radio.closest("label").querySelector(".badge").textContent;
  announcement.textContent = `${group}: ${label}`;
  return true;
}

// A key that is held down must not accept a ticket that nobody has read.
document.addEventListener("keydown", (event) => {
  if (event.repeat && event.key === "Enter" && card().contains(event.target))
    event.preventDefault();
});

// --- Steps and undo ---

function presentUrl() {
  const { ticket, after } = form().elements;
  const query = new URLSearchParams({ ticket: ticket.value, after: after.value });
  return `${form().action}?${query}`;
}

document.addEventListener("toast", ({ detail }) => {
  const isKnown = steps.some((step) => step.changes === detail.undo);
  if (detail.undo && form() && !isKnown) steps.push({ url: presentUrl(), changes: detail.undo });
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.elt.id === "skip") steps.push({ url: presentUrl() });
});

function undo() {
  const step = steps.at(-1);
  if (!step) return undoNewest();
  if (undoing) moreUndos += 1;
  else if (step.changes) pressUndo(step.changes);
  else show(steps.pop().url);
  return true;
}

function pressUndo(changes) {
  // If its toast is gone by then, show another one just to press its button.
  if (!undoButton(changes)) dispatch("toast", { message: "", undo: changes });
  undoButton(changes).click();
}

document.addEventListener(
  "submit",
  ({ target }) => {
    if (!("undo" in target.dataset)) return;
    undoing = steps.find((step) => step.changes === target.elements.changes.value);
  },
  true,
);

document.addEventListener("tickets-changed", () => {
  if (!undoing) return;
  steps.splice(steps.indexOf(undoing), 1);
  const { url } = undoing;
  undoing = null;
  if (moreUndos && steps.length) {
    moreUndos -= 1;
    undo();
  } else {
    moreUndos = 0;
    show(url);
  }
});

document.addEventListener("undo-failed", () => {
  undoing = null;
  moreUndos = 0;
});

function show(url) {
  htmx.ajax("GET", url, { target: "#review", swap: "outerHTML settle:0ms" });
}

// --- The next card ---

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target === card()) focusWasInside = card().contains(document.activeElement);
});

document.addEventListener("htmx:afterSettle", () => {
  announcement.textContent = card().dataset.announcement;
  if (focusWasInside) restoreFocus();
  focusWasInside = false;
  if (card().getBoundingClientRect().top < 0) card().scrollIntoView();
});

function restoreFocus() {
  const field = document.activeElement;
  if (!card().contains(field)) focusOn(card());
  else if (field.type === "radio") {
    focusOn(form().querySelector(`[name="${field.name}"]:checked`));
  }
}
