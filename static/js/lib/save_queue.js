// The save queue sends the values that agents change in place. It waits for a pause, then sends the
// changes of a ticket one after another, in the order in which they were chosen, each exactly once.
// A value chosen while a request is pending is sent after it, or when the user leaves the page. A
// link clicked in between waits briefly for the queue, so that the next page shows the change and
// offers to undo it.
//
// htmx cannot do this: when the part of the page that sent a request is replaced, it forgets queued
// requests and ignores the response. See docs/decisions/0017-changes-in-place.md.
import { csrfToken, dispatch } from "./dom.js";
import { NOT_SAVED, UNREACHABLE } from "./requests.js";
import { session } from "./storage.js";
import { endToasts } from "./toasts.js";

const PAUSE = 250; // milliseconds: arrow keys pass through values on the way to the right one
const TIMEOUT = 30000; // milliseconds
const MAX_LINK_DELAY = 1500; // milliseconds
const STORAGE_KEY = "changes-left"; // the time at which a page was left with unsaved changes

/**
 * Create the queue of a page, which gives these functions:
 *   setBusy(change, isBusy)  shows that a change is on its way, or no longer
 *   apply(change, html)      puts the response in place; returns its version of the ticket, or
 *                            0 if it contains no ticket
 *   refresh()                shows what is stored now
 *   isStored(change)         returns whether the page shows the change's values as stored
 *   reset(change)            shows the stored values again
 */
export function createSaveQueue(page) {
  const unsaved = new Map(); // by the id of the control that chose the value
  const chains = new Map(); // path of a ticket -> its changes, one after another

  // `id` is the control that chose, `values` are to be set on the ticket at `path`, `version` is the
  // one in which they were chosen, `target` is the element that the response replaces.
  function add(change, pause = PAUSE) {
    cancel(change.id);
    unsaved.set(change.id, change);
    change.timer = setTimeout(send, pause, change.id);
  }

  function cancel(id) {
    clearTimeout(unsaved.get(id)?.timer);
    unsaved.delete(id);
  }

  function send(id) {
    const change = unsaved.get(id);
    if (!change || change.sent) return;
    clearTimeout(change.timer);
    change.sent = true;
    const previous = chains.get(change.path) || Promise.resolve();
    chains.set(
      change.path,
      previous.then(() => save(change)),
    );
  }

  async function save(change) {
    const { id } = change;
    if (change.saving || unsaved.get(id) !== change) return; // or a later one has replaced it
    // If the response was lost, we cannot know whether the change was stored.
    if (!change.doubtful && page.isStored(change)) {
      unsaved.delete(id);
      return;
    }
    change.saving = true;
    page.setBusy(change, true);
    const response = await post(change).catch(() => null);
    const signIn = response?.headers.get("HX-Redirect");
    if (signIn) return location.assign(signIn);
    const html = response?.ok ? await response.text().catch(() => "") : "";
    const superseded = unsaved.get(id) !== change;
    if (!superseded) unsaved.delete(id);
    page.setBusy(change, false);
    const version = html && page.apply(change, html);
    for (const later of overlapping(change)) {
      // It was chosen over this change, not over the version before it.
      if (version) later.version = version;
      else later.doubtful = true;
    }
    if (response) endToasts(UNREACHABLE);
    if (version) return dispatchTriggers(response);
    if (!superseded) page.reset(change);
    dispatch(
      "toast",
      response ? { message: NOT_SAVED } : { message: UNREACHABLE, about: UNREACHABLE },
    );
  }

  // Send htmx's headers, so that the server responds as it does to htmx.
  function post({ path, target, values, version }) {
    const headers = { "HX-Request": "true", "HX-Target": target, "HX-Current-URL": location.href };
    const body = new URLSearchParams({ ...values, version, csrfmiddlewaretoken: csrfToken() });
    const signal = AbortSignal.timeout(TIMEOUT);
    return fetch(path, {
      method: "POST",
      headers,
      body,
      signal,
      cache: "no-store",
      keepalive: true,
    });
  }

  function overlapping({ path, values }) {
    return [...unsaved.values()].filter(
      (other) => other.path === path && Object.keys(other.values).some((name) => name in values),
    );
  }

  function dispatchTriggers(response) {
    const events = JSON.parse(response.headers.get("HX-Trigger") || "{}");
    for (const [name, detail] of Object.entries(events)) dispatch(name, detail);
  }

  // --- Leaving the page ---

  window.addEventListener("pagehide", () => {
    if (!unsaved.size) return;
    for (const change of unsaved.values()) save(change); // there is no time to queue
    session.write(STORAGE_KEY, Date.now());
  });

  /** Resolve once everything is saved, or once that takes too long. */
  function saved() {
    for (const id of [...unsaved.keys()]) send(id);
    const limit = new Promise((resolve) => setTimeout(resolve, MAX_LINK_DELAY));
    return Promise.race([Promise.all(chains.values()), limit]);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!unsaved.size || !link || event.defaultPrevented) return;
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    const isAnchor = link.hash && link.pathname === location.pathname;
    const ready = saved();
    if (elsewhere || isAnchor || link.target || link.hasAttribute("download")) return;
    event.preventDefault();
    ready.then(() => location.assign(link.href));
  });

  // This page may have been read before the changes of the page before were stored.
  const left = Number(session.read(STORAGE_KEY));
  session.remove(STORAGE_KEY);
  if (Date.now() - left < TIMEOUT) setTimeout(page.refresh, MAX_LINK_DELAY);

  return { add, send, unsaved: (id) => unsaved.get(id)?.values };
}
