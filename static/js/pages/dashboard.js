// The dashboard updates its figures by itself; what is unfolded or focused stays.
//
// By fetch and not by htmx, which alone weighs as much as the whole page may.
import "./base.js";
import { byId, parse } from "../lib/dom.js";
import { configureMorph } from "../lib/morph.js";

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
  const fresh = parse(html).querySelector("#stats");
  if (fresh) Idiomorph.morph(stats, fresh);
}

configureMorph();
setInterval(refresh, Number(stats.dataset.refresh));
document.addEventListener("visibilitychange", refresh);
