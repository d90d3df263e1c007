// Forms that are sent once, however often somebody clicks (data-send-once). Those with hx-post are
// sent by htmx, see requests.js.
import { toast } from "./toasts.js";

const MAX_BUSY = 10000; // milliseconds; after that, sending again is better than a dead button
const TIMEOUT = 3000; // milliseconds; on a slow network, send anyway

// What a button says meanwhile, for desk.css. The page policy forbids inline styles.
const sheet = new CSSStyleSheet();
sheet.replaceSync(`:root { --sending: ${JSON.stringify(document.body.dataset.sending)} }`);
document.adoptedStyleSheets.push(sheet);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("sendOnce" in form.dataset) || form.hasAttribute("hx-post") || event.defaultPrevented)
    return;
  event.preventDefault();
  if (form.hasAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  sendIfReachable(form, event.submitter);
});

// If the server cannot be reached, the browser would replace what was typed with its own error page.
async function sendIfReachable(form, submitter) {
  const signal = AbortSignal.timeout(TIMEOUT);
  const failure = await fetch("/healthz", { cache: "no-store", signal }).then(
    () => null,
    (error) => error.name,
  );
  if (failure && failure !== "TimeoutError") {
    form.removeAttribute("aria-busy");
    toast(document.body.dataset.unreachable);
    return;
  }
  form.querySelector("[data-submitter]")?.remove();
  if (submitter?.name) {
    const { name, value } = submitter;
    const input = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    input.dataset.submitter = "";
    form.append(input);
  }
  // Files may take long, and files.js sends them.
  const upload = new CustomEvent("upload", { bubbles: true, cancelable: true });
  if (!form.dispatchEvent(upload)) return;
  setTimeout(() => form.removeAttribute("aria-busy"), MAX_BUSY);
  HTMLFormElement.prototype.submit.call(form);
}

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]"))
    form.removeAttribute("aria-busy");
});
