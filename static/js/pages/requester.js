// The requester's page: replies appear by themselves, and typed text is never lost.
import "./base.js";
import { byId, focusOn } from "../lib/dom.js";
import { clearFiles } from "../lib/files.js";
import { configureMorph } from "../lib/morph.js";
import { onFailure, stopPolling } from "../lib/requests.js";
import { session } from "../lib/storage.js";
import { translateTimes } from "../lib/times.js";
import { toast } from "../lib/toasts.js";
import { typedForm } from "../lib/typed_form.js";

const REFUSED = [400, 429]; // the response is the page with its errors
const STORAGE_KEY = `reply ${byId("composer").dataset.ticket}`;

const TEXTS = byId("texts").dataset; // what the page says, from its template
const main = byId("content");
const ticket = byId("ticket");
const isReply = (elt) => elt.id === "composer";

translateTimes();
typedForm.forgetSent();

// --- The ticket is updated ---

let repliesSent = 0;
let repliesAtPoll = 0;
let anchor = null; // {element, top}: what the reader looks at stays in its place
let messages = []; // before an update

configureMorph({ keepsAttribute: (name, element) => name === "value" && element.id === "body" });

main.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if (isReply(elt)) repliesSent += 1;
  else if (byId("composer").hasAttribute("aria-busy")) event.preventDefault();
  else repliesAtPoll = repliesSent;
});

main.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt } = detail.requestConfig;
  if (isReply(elt) && REFUSED.includes(detail.xhr.status)) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
  // The page as it was before the reply.
  if (!isReply(elt) && repliesAtPoll !== repliesSent) detail.shouldSwap = false;
  if (!detail.shouldSwap) return;
  messages = messageIds();
  const candidates = [document.activeElement, ...byId("talk").children];
  const element = candidates.find(isOnScreen);
  anchor = element && { element, top: element.getBoundingClientRect().top };
});

ticket.addEventListener("htmx:afterSwap", ({ target, detail }) => {
  if (target !== ticket) return;
  if (anchor?.element.isConnected) {
    scrollBy(0, anchor.element.getBoundingClientRect().top - anchor.top);
  }
  if (isReply(detail.requestConfig.elt)) return;
  const arrived = messageIds().filter((id) => !messages.includes(id));
  for (const id of arrived) byId(id).classList.add("new");
  if (arrived.some((id) => byId(id).matches(".ours"))) toast(TEXTS.replied);
});

function messageIds() {
  return [...byId("talk").children].map(({ id }) => id);
}

function isOnScreen(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return element !== document.body && bottom > 0 && top < innerHeight;
}

onFailure(ticket, ({ xhr }) => {
  if (xhr.status !== 404) return;
  stopPolling(ticket);
  toast(TEXTS.revoked);
});

// --- A reply is sent ---

main.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!isReply(detail.elt)) return;
  const field = byId("body");
  if (detail.successful || REFUSED.includes(detail.xhr.status)) clearFiles(byId("composer"));
  if (REFUSED.includes(detail.xhr.status)) {
    byId("composer").querySelector("[role=alert]")?.focus();
  } else if (detail.successful) {
    const sent = detail.requestConfig.parameters.body;
    // Text that was typed while the reply was being sent is the next reply.
    const { value } = field;
    field.value = value.startsWith(sent) ? value.slice(sent.length).trimStart() : value;
    store();
    focusOn(field);
  }
});

onFailure(byId("composer"), ({ xhr }) => {
  toast(xhr.status === 404 ? TEXTS.revoked : document.body.dataset.unreachable);
  return true;
});

// --- Drafts ---

function store() {
  const { value } = byId("body");
  if (value) session.write(STORAGE_KEY, value);
  else session.remove(STORAGE_KEY);
}

document.addEventListener("input", ({ target }) => target.id === "body" && store());
window.addEventListener("pageshow", () => {
  byId("body").value ||= session.read(STORAGE_KEY) || "";
});

// --- The link can be copied ---

const copyButton = byId("copy-link");
copyButton.hidden = false;
copyButton.addEventListener("click", async () => {
  const field = byId("link");
  // Browsers offer the clipboard on secure pages only.
  const isCopied = await Promise.resolve(navigator.clipboard?.writeText(field.value))
    .then(() => Boolean(navigator.clipboard))
    .catch(() => false);
  if (isCopied) return toast(TEXTS.copied);
  field.select();
  toast(document.execCommand("copy") ? TEXTS.copied : TEXTS.selected);
});
