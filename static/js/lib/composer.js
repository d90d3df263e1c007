// The composer's modes, and replies that wait until they are sent.
import { byId, dispatch } from "./dom.js";
import { toast } from "./toasts.js";

const TICK = 500; // milliseconds
const RETRY = 2000; // milliseconds, while the server has not sent a reply that is due

// --- Reply or internal note ---

/** Switch the mode to "reply" or "note", and focus the box. */
export function write(mode) {
  byId(`mode-${mode}`).checked = true;
  byId(`mode-${mode}`).dispatchEvent(new Event("input", { bubbles: true }));
  byId("body").focus();
}

const ONLY_REPLIES = "Only a reply can resolve the ticket. Press Ctrl+Enter to add the note.";
const isNote = () => byId("mode-note").checked;
const sendButton = () => byId(isNote() ? "send-note" : "send-reply");

/** Send in the mode. A ticket that is finished already needs no resolving. */
function send(resolves) {
  if (resolves && isNote()) return toast(ONLY_REPLIES, "", ONLY_REPLIES);
  // htmx sends the value of a button that was clicked, not that of a submitter.
  ((resolves && byId("send-resolve")) || sendButton()).click();
}

document.addEventListener("keydown", (event) => {
  const composer = event.target.closest("#composer");
  if (!composer || event.key !== "Enter" || event.isComposing || event.repeat) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    send(event.shiftKey);
  } else if (event.target.type === "radio") {
    event.preventDefault(); // a form's first button is not always that of the mode
    byId("body").focus();
  }
});

// --- Replies that wait ---

const deadlines = new Map(); // id of the reply -> time at which it is sent, or asked for again

/** The ids of own replies that should be sent by now. */
export const dueReplies = () =>
  [...document.querySelectorAll("[data-reply][data-own]")]
    .map(({ dataset }) => dataset.reply)
    .filter((id) => deadlines.get(id) <= performance.now());

function countDown() {
  let isDue = false;
  for (const line of document.querySelectorAll("[data-reply]")) {
    const { reply, seconds } = line.dataset;
    if (!deadlines.has(reply)) deadlines.set(reply, performance.now() + 1000 * seconds);
    const left = Math.max(0, Math.ceil((deadlines.get(reply) - performance.now()) / 1000));
    line.querySelector(".left").textContent = left;
    isDue ||= !left;
  }
  return isDue;
}

let asked = 0; // when the page was last asked for

setInterval(() => {
  if (!countDown() || performance.now() - asked < RETRY) return;
  asked = performance.now();
  dispatch("tickets-changed");
}, TICK);
