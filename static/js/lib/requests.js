// What all requests of htmx have in common: failures, polling, busy forms and the focus.
import { byId, focusOn } from "./dom.js";
import { endToasts, toast } from "./toasts.js";

// --- Failures: nothing claims success, and a change that failed is reverted ---

export const UNREACHABLE = "We can't reach the server. Try again in a moment.";
export const NOT_SAVED = "Your change wasn't saved. Reload the page and try again.";
const NOT_LOADED = "Something went wrong. Try again.";
const FAILURES = ["htmx:responseError", "htmx:sendError", "htmx:timeout"];

for (const failure of FAILURES) {
  document.addEventListener(failure, ({ detail: { elt } }) => {
    if (isPoll(elt)) return;
    const form = elt.closest("form[method=post]");
    if (form && !("draft" in form.dataset)) form.reset();
    if (failure !== "htmx:responseError") toast(UNREACHABLE, "", UNREACHABLE);
    else toast(form ? NOT_SAVED : NOT_LOADED);
  });
}

/** Handle the failed requests of elements inside `scope` instead of as above. */
export function onFailure(scope, handle) {
  for (const failure of FAILURES) {
    scope.addEventListener(failure, (event) => {
      if (handle(event.detail, failure)) event.stopPropagation();
    });
  }
}

document.addEventListener("htmx:afterRequest", ({ detail: { successful } }) => {
  if (successful) endToasts(UNREACHABLE);
});

// --- Polling: elements with data-poll ---

const MAX_PAUSE = 5 * 60000; // milliseconds between two tries while the server fails

const isPoll = (elt) => "poll" in elt.dataset;
const pauses = new WeakMap(); // element -> {until, length} after a failure

/** Stop polling for as long as the page is open. */
export function stopPolling(elt) {
  pauses.set(elt, { until: Number.POSITIVE_INFINITY });
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if (!isPoll(elt)) return;
  const { until = 0 } = pauses.get(elt) || {};
  if (document.hidden || Date.now() < until) event.preventDefault();
});

// The server answers 304 while what the element shows has not changed.
document.addEventListener("htmx:configRequest", ({ detail: { elt, headers } }) => {
  if (isPoll(elt) && elt.dataset.etag) headers["If-None-Match"] = elt.dataset.etag;
});

document.addEventListener("htmx:afterRequest", ({ detail: { elt, failed, xhr } }) => {
  if (!isPoll(elt)) return;
  if (!failed || xhr.status === 304) return pauses.delete(elt);
  const { length = 15000, until } = pauses.get(elt) || {};
  if (until === Number.POSITIVE_INFINITY) return;
  pauses.set(elt, { until: Date.now() + length, length: Math.min(2 * length, MAX_PAUSE) });
});

// --- Forms that are sent once show that they are being sent ---

document.addEventListener("htmx:beforeRequest", ({ defaultPrevented, detail: { elt } }) => {
  if ("sendOnce" in elt.dataset && !defaultPrevented) elt.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => {
  if ("sendOnce" in elt.dataset) elt.removeAttribute("aria-busy");
});

// --- A control that is disabled while its form is sent loses the focus ---

let disabled = ""; // its id
document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (!elt.hasAttribute("hx-disabled-elt")) return;
  disabled = elt.contains(document.activeElement) ? document.activeElement.id : "";
});
for (const end of ["htmx:afterSettle", "htmx:afterRequest"]) {
  document.addEventListener(end, () => {
    if (document.activeElement === document.body) focusOn(byId(disabled));
  });
}
