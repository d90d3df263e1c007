// What others do while the list is open: rows show it in place, and what is new is announced.
import { byId, dispatch, parse } from "../../lib/dom.js";
import { stopPolling } from "../../lib/requests.js";
import { isTurning, pathWith, results, rows } from "./parts.js";
import { isNewer, updateRow } from "./rows.js";

const poll = byId("new-tickets-poll");
const announcement = byId("new-tickets");
let seen = []; // ids of the rows before the announcement was followed

poll.addEventListener("htmx:configRequest", ({ detail }) => {
  const { news, newest, readAt } = results().dataset;
  const visible = rows().map(({ id, dataset }) =>
    [id.slice("row-".length), dataset.version, dataset.unread].join("."),
  );
  const query = new URLSearchParams({ after: newest, read_at: readAt, visible });
  detail.path = pathWith(news, query);
  poll.here = results();
});
poll.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
  if (xhr.status === 401) stopPolling(poll);
  if (xhr.status !== 200 || results() !== poll.here || isTurning()) return;
  const response = JSON.parse(xhr.responseText);
  if (announcement.textContent !== response.announcement) {
    announcement.textContent = response.announcement;
  }
  announcement.hidden = !response.announcement;
  const fresh = [...parse(response.rows).children].filter((row) => byId(row.id));
  const newer = fresh.filter(isNewer);
  for (const row of newer) updateRow(byId(row.id), row);
  // A row that is being changed has to be sent again.
  poll.dataset.etag = newer.length === fresh.length ? xhr.getResponseHeader("ETag") : "";
  if (newer.length) dispatch("row-saved");
});
document.addEventListener("visibilitychange", () => htmx.trigger(poll, "poll"));

announcement.addEventListener("click", () => {
  const { first } = results().dataset;
  seen = rows().map(({ id }) => id);
  htmx.ajax("GET", first, { source: results(), swap: "outerHTML show:window:top" });
});

/** Return the row to go to in a fresh list: in some orders what is new comes last. */
export function firstUnseen() {
  const unseen = seen.length ? rows().find(({ id }) => !seen.includes(id)) : null;
  seen = [];
  return unseen || rows()[0];
}

export function endAnnouncement() {
  poll.dataset.etag = "";
  announcement.hidden = true;
}
