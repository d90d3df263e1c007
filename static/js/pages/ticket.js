// The ticket page: drafts outlive every failure, properties change in place, other agents are
// shown, and everything can be done by keyboard.
import "./base.js";
import { dueReplies, write } from "../lib/composer.js";
import { byId, csrfToken, dispatch, focusOn } from "../lib/dom.js";
import { createDrafts, fieldsOf, isDirty, showProblem } from "../lib/drafts.js";
import { clearFiles } from "../lib/files.js";
import { configureMorph } from "../lib/morph.js";
import { initReplyPicker, openReplyPicker } from "../lib/reply_picker.js";
import { onFailure } from "../lib/requests.js";
import { createSaveQueue } from "../lib/save_queue.js";
import { restoreValues, selectValues } from "../lib/select_values.js";
import { addShortcutActions } from "../lib/shortcuts.js";
import { snooze } from "../lib/snooze.js";
import { toast, undoButton, undoNewest } from "../lib/toasts.js";

const SLOW = 3000; // milliseconds
const ENVELOPE = ["csrfmiddlewaretoken", "version"]; // what each form sends with its values
const page = byId("ticket-page");
const ticket = byId("ticket");
const watch = byId("watch");

// --- Drafts: typed text is stored in the browser until the server has stored it ---

const FAILURES = {
  "htmx:sendError": "We can't reach the server. Your text is still here. Try again in a moment.",
  "htmx:timeout":
    "The server didn't answer. Your text is still here, and sending it again is safe.",
  403: "You've been signed out or signed in again. Your text is still here: reload the page.",
  404: "This ticket no longer exists. Your text is still here.",
  other: "That wasn't saved. Your text is still here. Try again in a moment.",
};
const STILL_SENDING = "Still sending. Your text stays here until it has arrived.";

const forms = () => document.querySelectorAll("form[data-draft]");
const isWriting = () => [...forms()].some(isDirty);
const drafts = createDrafts(ticket.dataset.actor, ticket.dataset.ticket);

document.addEventListener("input", ({ target }) => {
  const form = target.closest("form[data-draft]");
  if (!form) return;
  drafts.store(form);
  if (isWriting() !== toldWriting) look();
});

document.addEventListener("stored", ({ detail }) => {
  const form = document.querySelector(`form[data-draft="${detail.form}"]`);
  for (const field of fieldsOf(form)) field.defaultValue = field.value;
  delete form.dataset.refused;
  drafts.remove(form);
});

// Cancel.
document.addEventListener("reset", ({ target: form }) => {
  if (!form.dataset.draft) return;
  drafts.remove(form);
  drafts.clear(form);
  const edit = form.closest("details");
  if (edit) edit.open = false;
  edit?.querySelector("summary").focus();
  look();
});

const draftOf = ({ elt }) => (elt.matches("form[data-draft]") ? elt : null);
let slowTimer = 0;

page.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const form = draftOf(detail);
  if (!form) return;
  showProblem(form, "");
  for (const field of fieldsOf(form)) field.readOnly = true;
  slowTimer = setTimeout(() => showProblem(form, STILL_SENDING), SLOW);
});

page.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = draftOf(detail);
  if (!form) return;
  clearTimeout(slowTimer);
  for (const field of fieldsOf(form)) field.readOnly = false;
  if (!detail.successful) return;
  clearFiles(form);
  const alert = document.querySelector("#composer [role=alert]:not([hidden], .problem)");
  // What somebody else wrote is read out, and the focus stays where a second press sends.
  if (alert?.id === "unseen") alert.scrollIntoView({ block: "center" });
  else if (alert && form.id === "composer") alert.focus();
  document.querySelector("#notices [autofocus]")?.focus();
  if (form.dataset.draft === "edit" && !byId("edit").open) byId("edit-summary").focus();
});

onFailure(ticket, (detail, failure) => {
  const form = draftOf(detail);
  if (!form) return false;
  clearTimeout(slowTimer);
  showProblem(form, FAILURES[failure] || FAILURES[detail.xhr.status] || FAILURES.other);
  return true;
});

// --- Responses are morphed into the page, except where somebody is working ---

let answered = null; // the form that the response is for
let isOlder = false; // the response is older than the page
let isShowing = false; // the response was asked for by "Show"
let focused = []; // ids of the focused element and of the part that it is in

const isAnswered = (element) => Boolean(answered) && element.contains(answered);

configureMorph({
  keepsElement(element, fresh) {
    const { id } = element;
    if (id === page.id) keepUnfolded(fresh);
    if (!id || element.id !== fresh.id || isAnswered(element) || id === page.id) return false;
    if (id === "composer") {
      // The text stays; what can be sent, and to whom, follows the ticket.
      if (isOlder) return true;
      for (const part of ["body-hint", "send"]) morphInto(part, fresh);
      // Somebody who writes has read what came since only if they asked for it.
      if (isShowing || !isDirty(element)) morphInto("seen", fresh);
      return true;
    }
    if (id === "modes") return true;
    if (id === "edit") return isOlder || isDirty(element.querySelector("form"));
    return isOlder && !element.contains(ticket);
  },
});

// What was read meanwhile is not folded while somebody looks at it.
function keepUnfolded(fresh) {
  const folded = fresh.querySelector("#folded");
  const isVisible = ({ id }) => byId(id) && !byId(id).closest("#folded");
  const messages = folded ? [...folded.querySelectorAll(".message")].filter(isVisible) : [];
  if (!messages.length) return;
  folded.after(...messages);
  const left = folded.querySelectorAll(".message").length;
  folded.querySelector("summary").textContent = `${left} earlier`;
  if (!left) folded.remove();
}

function morphInto(id, fresh) {
  Idiomorph.morph(byId(id), fresh.querySelector(`#${id}`).cloneNode(true));
}

function versionIn(html) {
  return Number(html.match(/id="heading" data-version="(\d+)"/)?.[1] || 0);
}

function prepareMorph(version, form = null) {
  isOlder = version < Number(byId("heading").dataset.version);
  answered = form;
  const { activeElement } = document;
  const part = page.contains(activeElement) && activeElement.parentElement.closest("[id]");
  focused = part ? [activeElement.id, part.id] : [];
}

page.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target !== page || !detail.shouldSwap) return;
  const version = versionIn(detail.serverResponse);
  if (version) prepareMorph(version, draftOf(detail.requestConfig));
  else detail.shouldSwap = false;
});

document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target !== page) return;
  if (answered?.dataset.draft === "edit") byId("edit").open = "refused" in answered.dataset;
  restoreValues(page, queue);
  // A button that did its work is gone; the focus stays where it was.
  if (focused.length && document.activeElement === document.body) restoreFocus();
  if (answered?.id === "composer") focusOnReply();
  answered = null;
  isShowing = false;
  look();
});

// After a reply the keys of the page work again. A note keeps the box for the next one.
function focusOnReply() {
  if (byId("mode-note").checked || isDirty(byId("composer"))) return;
  const message = byId("talk").lastElementChild;
  message.tabIndex = -1;
  focusOn(message);
  message.scrollIntoView({ block: "nearest" });
}

page.addEventListener("htmx:configRequest", ({ detail: { elt, parameters, verb } }) => {
  if (elt !== page || verb !== "get") return;
  // The replies that the page wants to see sent.
  const awaited = dueReplies();
  if (awaited.length) parameters.sent = awaited.at(-1);
});

function restoreFocus() {
  const element = focused.map(byId).find((each) => each?.offsetParent) || byId("choose-category");
  if (element.matches("form, section, ol, p, div")) element.tabIndex = -1;
  focusOn(element);
}

// --- Properties change in place ---

const queue = createSaveQueue({
  ...selectValues,
  setBusy: ({ target }, isBusy) => byId(target)?.setAttribute("aria-busy", isBusy),
  apply(_change, html) {
    const version = versionIn(html);
    if (!version) return 0;
    prepareMorph(version);
    const swap = { swapStyle: "morph", swapDelay: 0, settleDelay: 0 };
    htmx.swap(page, html, swap, { select: `#${page.id}`, contextElement: page });
    return version;
  },
  refresh: () => dispatch("tickets-changed"),
});

function save(form, id, values, pause) {
  const { pathname: path } = location;
  const version = form.elements.version.value;
  queue.add({ id, target: form.id, path, version, values }, pause);
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches(".property select")) return;
  const { id, name, value } = target;
  save(target.form, id, { [name]: value });
});

document.addEventListener("focusout", ({ target }) => queue.send(target.id));

// The button of a property has the new value; the one below them sends what triage suggests.
document.addEventListener(
  "submit",
  (event) => {
    const { target, submitter } = event;
    if (!target.matches(".property, .accept")) return;
    event.preventDefault();
    const inputs = submitter?.name ? [submitter] : target.querySelectorAll("input");
    const sent = [...inputs].map(({ name, value }) => [name, value]);
    const values = Object.fromEntries(sent.filter(([name]) => !ENVELOPE.includes(name)));
    save(target, submitter ? submitter.id : target.id, values, 0);
  },
  true,
);

// --- Who else is here ---

const bytes = crypto.getRandomValues(new Uint8Array(12));
const windowId = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
let toldWriting = false;
let watchHadFocus = false;

function look() {
  htmx.trigger(watch, "look");
}

function presence(more) {
  const { version, comment, replies } = byId("heading").dataset;
  return { window: windowId, version, comment, replies, csrfmiddlewaretoken: csrfToken(), ...more };
}

watch.addEventListener("htmx:configRequest", ({ detail }) => {
  toldWriting = isWriting();
  Object.assign(detail.parameters, presence({ writing: toldWriting }));
});

watch.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const reported = detail.requestConfig.parameters;
  const present = byId("heading").dataset;
  // The page was updated in the meantime, and asks again.
  if (["version", "comment", "replies"].some((name) => reported[name] !== present[name]))
    detail.shouldSwap = false;
  watchHadFocus = watch.contains(document.activeElement);
});

watch.addEventListener("htmx:afterSwap", () => {
  if (watchHadFocus && document.activeElement === document.body) focusOn(byId("content"));
});

watch.addEventListener("click", (event) => {
  if (event.target.closest("#show-changes")) isShowing = true;
});

// Clicking "Show" must not take the focus from somebody who is writing.
watch.addEventListener("mousedown", (event) => {
  if (event.target.closest("#show-changes")) event.preventDefault();
});

// The text stays when the session has ended: a link leads to the sign-in page.
watch.addEventListener("htmx:beforeOnLoad", (event) => {
  const signIn = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!signIn) return;
  event.preventDefault();
  const link = Object.assign(document.createElement("a"), { href: signIn, textContent: "Sign in" });
  const line = document.createElement("p");
  line.append("You've been signed out. Your text is still here. ", link);
  watch.replaceChildren(line);
});

function leave() {
  navigator.sendBeacon(
    watch.getAttribute("hx-post"),
    new URLSearchParams(presence({ leaving: true })),
  );
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") leave();
});
window.addEventListener("pagehide", leave);
window.addEventListener("pageshow", (event) => event.persisted && look());

// --- Saved replies, and replies to similar tickets ---

initReplyPicker((text) => insert(byId("body"), text));

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-use-reply]");
  if (button) insert(byId("body"), byId(button.dataset.useReply).textContent);
});

function insert(field, text) {
  const at = field.selectionEnd;
  const [before, after] = [field.value.slice(0, at), field.value.slice(at)];
  const gap = (part, edge) => (!part || edge.test(part) ? "" : "\n\n");
  field.focus();
  field.setRangeText(gap(before, /\n\n$/) + text + gap(after, /^\n/), at, at, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// --- Keyboard shortcuts ---

function choose(name, value) {
  const field = byId(`choose-${name}`);
  const isConfirmed = field.value === value && !queue.unsaved(field.id);
  // No select can be changed to the value that it has; choosing it confirms it.
  if (isConfirmed) return save(field.form, `confirm-${name}`, { [name]: value }, 0);
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function press(id, otherwise) {
  if (byId(id)) byId(id).click();
  else toast(otherwise);
}

function edit() {
  byId("edit").open = true;
  byId("edit-title").focus();
}

const noNeighbour = (end) =>
  byId("heading").dataset.query
    ? `This is the ${end} ticket of the list.`
    : "Open a ticket from the list to go through it with j and k.";

addShortcutActions({
  accept: () => press("accept-triage", "Category and priority are already confirmed."),
  assign: () =>
    press(
      "assign-me",
      ticket.dataset.me ? "This ticket is already yours." : "Sign in to take tickets.",
    ),
  status: () => byId("choose-status").focus(),
  category: (value) => choose("category", value),
  priority: (value) => choose("priority", value),
  write,
  replies: openReplyPicker,
  back: () => byId("back").click(),
  next: () => press("next-ticket", noNeighbour("last")),
  previous: () => press("previous-ticket", noNeighbour("first")),
  edit,
  spam: () => (byId("not-spam") || byId("mark-spam")).click(),
  snooze,
  undo() {
    const reply = document.querySelector("[data-undo-reply]");
    if (reply && !undoButton()) reply.click();
    else undoNewest();
  },
});

document.addEventListener("keydown", (event) => {
  const isField = event.target.closest("#ticket :is(input, select, textarea)");
  if (event.key === "Escape" && !event.isComposing && isField) focusOn(byId("content"));
});

// --- Opening the page ---

// The address says which list the page was opened from. A reply that was taken back is a draft now,
// so a reload must not bring it back again.
const { query } = byId("heading").dataset;
if (location.search !== query) {
  history.replaceState(history.state, "", location.pathname + query + location.hash);
}

for (const number of ticket.dataset.merged.split(" ").filter(Boolean)) {
  drafts.takeOver(byId("composer"), `${ticket.dataset.actor}:${number}`);
}
for (const form of forms()) drafts.restore(form);
const unread = byId("unread");
if (unread && !location.hash && unread.getBoundingClientRect().bottom > innerHeight)
  unread.scrollIntoView();
for (const button of document.querySelectorAll("[data-open-replies]")) {
  button.hidden = false;
}
