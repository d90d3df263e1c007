// The dashboard updates its figures by itself: only parts that changed are replaced, so that the
// focus stays, open tables stay open and nothing is read out.
//
// Written by hand: htmx and idiomorph would more than double the size of the page.
import "./base.js";
import { byId, focusOn } from "../lib/dom.js";

const stats = byId("stats");
let isRefreshing = false;

async function refresh() {
  if (document.hidden || isRefreshing) return;
  isRefreshing = true;
  // 304 while nothing has happened.
  const headers = { "If-None-Match": stats.dataset.etag };
  const html = await fetch(location.href, { headers })
    .then((response) => (response.status === 200 && !response.redirected ? response.text() : ""))
    .catch(() => "");
  isRefreshing = false;
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("stats");
  if (fresh) update(fresh);
}

function update(fresh) {
  stats.dataset.etag = fresh.dataset.etag;
  for (const { id } of stats.querySelectorAll("details[open]")) {
    fresh.querySelector(`#${id}`)?.setAttribute("open", "");
  }
  const focused = stats.contains(document.activeElement) ? document.activeElement : null;
  const focusedId = focused?.closest("[id]").id;
  const idsOf = ({ children }) => [...children].map((part) => part.id).join();
  if (idsOf(stats) !== idsOf(fresh)) stats.replaceChildren(...fresh.children);
  else [...fresh.children].forEach(replace);
  if (focused && !focused.isConnected) restoreFocus(byId(focusedId), focused.localName);
}

function replace(part) {
  const present = byId(part.id);
  if (!part.isEqualNode(present)) present.replaceWith(part);
}

function restoreFocus(part, name) {
  focusOn(part?.localName === name ? part : part?.querySelector(name));
}

setInterval(refresh, Number(stats.dataset.refresh));
document.addEventListener("visibilitychange", refresh);
