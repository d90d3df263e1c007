// Brings the dashboard's numbers up to date, without moving the focus or closing a table.
(() => {
  const ID = "stats";

  async function refresh() {
    if (document.hidden) return;
    const response = await fetch(location.href).catch(() => null);
    if (!response || !response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const present = document.getElementById(ID);
    const newer = page.getElementById(ID);
    if (!newer) return;
    for (const details of present.querySelectorAll("details[open]")) {
      newer.querySelector(`#${details.id}`).open = true;
    }
    if (newer.isEqualNode(present)) return;
    const focused = present.contains(document.activeElement) && document.activeElement;
    const marker = focused && (focused.id || (focused.closest("[id]") || present).id);
    present.replaceWith(document.adoptNode(newer));
    if (marker) focusOn(document.getElementById(marker), focused.localName);
  }

  function focusOn(place, name) {
    const target = place && (place.localName === name ? place : place.querySelector(name));
    if (target) target.focus({ preventScroll: true });
  }

  const every = Number(document.getElementById(ID).dataset.refresh);
  setInterval(refresh, every);
  document.addEventListener("visibilitychange", refresh);
})();
