// Drafts: what is typed into a form with data-draft is stored in this browser until the server has
// stored it, or until somebody signs out. A composer may have several, one per message that was
// begun: those that are not in the box are listed below it.
import { byId } from "./dom.js";
import { local, session } from "./storage.js";

const PREFIX = "draft:";
const PREFERENCE = "keys"; // whether single keys are shortcuts, see shortcuts.js
const ACCOUNT_KEY = "drafts-of";
const LIFETIME = 2_592_000_000; // milliseconds: 30 days
const RESTORED = "We restored your draft. It hasn't been sent.";
const TEXT_FIELDS = "textarea, input[type=text]";

/** Let this account's drafts be stored, also by pages that were opened before. */
export function allowDrafts(account) {
  local.write(ACCOUNT_KEY, account);
}

/**
 * Remove all that is about tickets, whoever worked on them, from this browser. Pages that are still
 * open store no new drafts.
 */
export function forgetTickets() {
  for (const key of local.keys()) if (key !== PREFERENCE) local.remove(key);
  for (const key of session.keys()) session.remove(key);
}

export const fieldsOf = (form) => [...form.querySelectorAll(TEXT_FIELDS)];
// A form that the server refused comes back with the text that was typed.
export const isDirty = (form) =>
  "refused" in form.dataset || fieldsOf(form).some((field) => field.value !== field.defaultValue);

export function showProblem(form, text) {
  const line = form.querySelector(".problem");
  line.textContent = text;
  line.hidden = !text;
}

/** The field that says what a draft is based on: a new message, or a version of the ticket. */
const basis = (form) => form.elements.form_key || form.elements.version;
const isComposer = (form) => Boolean(form.elements.form_key);

/** Create the drafts of one ticket's forms. */
export function createDrafts(account, ticket) {
  const prefix = ({ dataset }) => `${PREFIX}${account}:${ticket}:${dataset.draft}`;
  const keyOf = (form, mark = basis(form).value) =>
    isComposer(form) ? `${prefix(form)}:${mark}` : prefix(form);

  function store(form) {
    if (!isDirty(form)) return remove(form);
    if (local.read(ACCOUNT_KEY) !== account) return;
    const values = Object.fromEntries(fieldsOf(form).map((field) => [field.name, field.value]));
    const mode = form.elements.public?.value;
    local.writeJSON(keyOf(form), { values, mark: basis(form).value, mode, at: Date.now() });
  }

  function remove(form) {
    local.remove(keyOf(form));
    show(form);
  }

  /** Return the stored drafts of a form, the newest first. */
  function stored(form) {
    const drafts = local
      .keys()
      .filter((key) =>
        isComposer(form) ? key.startsWith(`${keyOf(form, "")}`) : key === keyOf(form),
      )
      .map((key) => local.readJSON(key))
      .filter((draft) => draft?.values && Date.now() - draft.at < LIFETIME);
    return drafts.sort((one, other) => other.at - one.at);
  }

  /** Make what was written on a ticket that is part of this one now a draft here. */
  function takeOver(form, earlierOwner) {
    const earlier = `${PREFIX}${earlierOwner}:${form.dataset.draft}`;
    for (const key of local.keys().filter((each) => each.startsWith(`${earlier}:`))) {
      local.writeJSON(prefix(form) + key.slice(earlier.length), local.readJSON(key));
      local.remove(key);
    }
  }

  function restore(form) {
    // The response to a form that was sent already has the text and the newer version.
    if (!byId("stale") && !form.querySelector("[aria-invalid]") && !isDirty(form)) {
      const [newest] = stored(form);
      if (newest) put(form, newest);
    }
    if (isDirty(form)) store(form);
    show(form);
  }

  function put(form, draft) {
    form.dataset.basis ||= basis(form).value;
    for (const field of fieldsOf(form)) {
      if (field.name in draft.values) field.value = draft.values[field.name];
    }
    if (!isDirty(form)) return local.remove(keyOf(form, draft.mark));
    basis(form).value = draft.mark;
    if (draft.mode) form.elements.public.value = draft.mode;
    form.closest("details")?.setAttribute("open", "");
    showProblem(form, RESTORED);
  }

  // --- The list below the composer ---

  /** List the drafts. Called when a draft is opened, sent or discarded, not while somebody types. */
  function show(form) {
    const section = byId("drafts");
    if (!isComposer(form) || !section) return;
    const drafts = stored(form);
    section.hidden = !drafts.length;
    const list = section.querySelector("ul");
    for (const item of list.querySelectorAll("li")) item.remove();
    list.append(...drafts.map((draft) => line(form, draft)));
  }

  function line(form, draft) {
    const item = byId("draft-line").content.firstElementChild.cloneNode(true);
    const part = (name) => item.querySelector(`[data-part=${name}]`);
    const isOpen = isDirty(form) && draft.mark === basis(form).value;
    part("mode").textContent = draft.mode === "false" ? "Note" : "Reply";
    part("text").textContent = draft.values.body.trim().slice(0, 120);
    part("time").textContent = new Date(draft.at).toLocaleString([], {
      dateStyle: "medium",
      timeStyle: "short",
    });
    part("open").textContent = isOpen ? "In the box" : "Open";
    part("open").disabled = isOpen;
    part("open").addEventListener("click", () => open(form, draft));
    part("discard").addEventListener("click", () => discard(form, draft, isOpen));
    return item;
  }

  function open(form, draft) {
    if (isDirty(form)) store(form);
    put(form, draft);
    show(form);
    byId("body").focus();
  }

  function discard(form, draft, isOpen) {
    local.remove(keyOf(form, draft.mark));
    if (isOpen) clear(form);
    show(form);
    byId("body").focus();
  }

  /** Empty the form, or give it back what is stored. */
  function clear(form) {
    for (const field of fieldsOf(form)) {
      field.defaultValue = field.dataset.stored ?? "";
      field.value = field.defaultValue;
    }
    delete form.dataset.refused;
    basis(form).value = form.dataset.basis || basis(form).value;
    showProblem(form, "");
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  return { clear, remove, restore, store, takeOver };
}
