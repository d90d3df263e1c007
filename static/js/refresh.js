// Brings the dashboard's numbers up to date: only what has changed is put in place, so that the
// focus stays, open tables stay open and nothing is read out.
(() => {
  const stats = document.getElementById("stats");
  const every = Number(stats.dataset.refresh);
  let asking = false;

  async function refresh() {
    if (document.hidden || asking) return;
    asking = true;
    // 304 as long as nothing has happened.
    const headers = { "If-None-Match": stats.dataset.etag };
    const page = await fetch(location.href, { headers })
      .then((response) => (response.status === 200 && !response.redirected ? response.text() : ""))
      .catch(() => "");
    asking = false;
    const newer = new DOMParser().parseFromString(page, "text/html").getElementById("stats");
    if (newer) update(newer);
  }

  function update(newer) {
    stats.dataset.etag = newer.dataset.etag;
    for (const table of stats.querySelectorAll("details[open]")) {
      const again = newer.querySelector(`#${table.id}`);
      if (again) again.open = true;
    }
    const focused = stats.contains(document.activeElement) ? document.activeElement : null;
    const place = focused && (focused.id || focused.closest("[id]").id);
    const names = (parts) => [...parts].map((part) => part.id).join();
    if (names(stats.children) !== names(newer.children)) stats.replaceChildren(...newer.children);
    else [...newer.children].forEach(replace);
    if (focused && !focused.isConnected) focusOn(document.getElementById(place), focused.localName);
  }

  function replace(part) {
    const present = document.getElementById(part.id);
    if (!part.isEqualNode(present)) present.replaceWith(part);
  }

  function focusOn(place, name) {
    const target = place && (place.localName === name ? place : place.querySelector(name));
    if (target) target.focus({ preventScroll: true });
  }

  setInterval(refresh, every);
  document.addEventListener("visibilitychange", refresh);
})();
