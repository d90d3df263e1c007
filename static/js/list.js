// The ticket list: changes in place, selection, keys, and word of new tickets.
(() => {
  const { ask, inPlace, parse, reset } = window.Changes;
  const NEWS_EVERY = 15000, NEWS_AT_MOST = 5 * 60000;
  const OPENING = { s: "status", c: "category", e: "assignee" };
  const PRIORITIES = { 1: "low", 2: "medium", 3: "high", 4: "critical" };

  const byId = (id) => document.getElementById(id);
  const list = byId("list"), bulk = byId("bulk"), found = byId("found");
  const results = () => byId("results");
  const rows = () => [...document.querySelectorAll(".tickets tbody tr")];
  const boxes = () => [...document.querySelectorAll("[name=ticket]")];
  const rowOf = (element) => element && element.closest(".tickets tbody tr");
  const linkOf = (row) => row.querySelector(".c-title a");
  // Somebody turns pages or filters; the answer is on its way.
  const turning = () => Boolean(list.querySelector(".htmx-request:not(.bulk)"));

  // --- filters ------------------------------------------------------------------------------

  const filters = byId("filters");

  // What the filters say by now: the links still tell of the list before them.
  function wanted() {
    const values = [...new FormData(filters)].map(([name, value]) => [name, value.trim()]);
    return new URLSearchParams(values.filter(([, value]) => value));
  }

  // Whether that is another list than the one that is shown. No field holds a line end.
  function areAhead() {
    const shown = new URL(results().dataset.here.replace(/%0[AD]/gi, ""), location.href).searchParams;
    const now = wanted();
    shown.delete("cursor");
    for (const state of [shown, now]) state.sort();
    return `${shown}` !== `${now}`;
  }

  const addressOf = (path) => `${path}?${wanted()}`;

  list.addEventListener("htmx:configRequest", ({ detail }) => {
    const { elt } = detail, isTab = Boolean(elt.closest(".tabs"));
    if (isTab) filters.elements.status.value = new URLSearchParams(elt.search).get("status") || "";
    if ((isTab || elt.closest(".pager")) && areAhead()) detail.path = addressOf(filters.action);
  });
  list.addEventListener("click", ({ target }) => {
    const file = target.closest("a[download]");
    if (file && areAhead()) file.href = addressOf(file.pathname);
  });
  byId("save-view").addEventListener("submit", () => {
    if (areAhead()) byId("view-query").value = wanted();
  });

  // A phone shows a part of the views.
  function showView() {
    const chip = document.querySelector(".chips [aria-current=page]"), chips = chip && chip.closest("ul");
    if (chip) chips.scrollLeft += chip.getBoundingClientRect().left - chips.getBoundingClientRect().left - 16;
  }

  // --- changes in place -----------------------------------------------------------------

  let opener = ""; // the select that a key opened: the focus goes back to its row

  const changes = inPlace({
    busy: ({ target }, is) => markBusy(byId(target), is),
    // The row alone, whether or not it still fits the filters.
    show({ target }, html) {
      const newer = parse(html).querySelector(`#${target}`);
      if (newer && byId(target)) replaceRow(byId(target), newer);
      if (newer) recount();
      return newer && newer.dataset.version;
    },
    renew: refresh,
  });

  function markBusy(row, is) {
    if (is && row) row.setAttribute("aria-busy", "true");
    else if (row) row.removeAttribute("aria-busy");
  }

  function choose(select) {
    const row = rowOf(select), path = linkOf(row).pathname, { version } = row.dataset;
    const values = { [select.name]: select.value };
    changes.add({ id: select.id, target: row.id, path, version, values });
  }

  function replaceRow(row, newer) {
    const focused = row.contains(document.activeElement) && document.activeElement.id;
    const byKey = focused && focused === opener;
    newer.querySelector("[name=ticket]").checked = row.querySelector("[name=ticket]").checked;
    row.replaceWith(newer);
    keepChoices(newer);
    if (focused) focusOn(byKey ? linkOf(newer) : byId(focused));
  }

  // What was chosen while the answer was on its way is still to be stored.
  function keepChoices(row) {
    const assignee = row.querySelector("select[name=assignee]");
    if (changes.has(assignee.id)) offerAgents(assignee);
    if (changes.restore(row)) markBusy(row, true);
  }

  function focusOn(element) {
    if (element) element.focus({ preventScroll: true });
  }

  // Fifty times all agents would weigh too much: they come from the bar when they are wanted.
  function offerAgents(select) {
    const known = new Set([...select.options].map((option) => option.value));
    for (const { value } of [...byId("bulk-assignee").options].slice(2)) {
      if (!known.has(value)) select.add(new Option(value, value));
    }
  }

  // --- the list as it is now --------------------------------------------------------------

  let counting = new AbortController(), refreshing = new AbortController();
  let outdated = false; // something changed while a page was on its way

  // Only the numbers, so that nothing moves.
  async function recount() {
    counting.abort();
    if (turning()) outdated = true;
    counting = new AbortController();
    const { signal } = counting;
    try {
      const response = await ask(results().dataset.here, "tabs", { signal });
      if (!response || !response.ok) return;
      const newer = parse(await response.text());
      if (signal.aborted) return;
      tellCounts(newer);
      tellFound(newer.querySelector("#found").textContent);
    } catch {}
  }

  function tellCounts(newer) {
    for (const tab of newer.querySelectorAll("[id^=tab-]")) {
      const count = byId(tab.id) && byId(tab.id).querySelector(".count");
      if (count) count.textContent = tab.querySelector(".count").textContent;
    }
  }

  function tellFound(words) {
    if (found.textContent.trim() !== words.trim()) found.textContent = words;
  }

  // The same page once more, without what arrived since: that waits until it is asked for.
  async function refresh() {
    refreshing.abort();
    outdated = turning();
    if (outdated) return;
    refreshing = new AbortController();
    const { signal } = refreshing;
    const { here, newest } = results().dataset;
    const seen = new URLSearchParams({ seen: newest });
    try {
      const response = await ask(`${here}${here.includes("?") ? "&" : "?"}${seen}`, "results", { signal });
      if (!response || !response.ok) return;
      const newer = parse(await response.text()).querySelector("#results");
      if (newer && !signal.aborted) replaceResults(newer);
    } catch {}
  }

  function isNewer(row) {
    const present = byId(row.id);
    if (!present) return true;
    return Number(row.dataset.version) > Number(present.dataset.version) && !present.hasAttribute("aria-busy");
  }

  function replaceResults(newer) {
    const [words, ...others] = newer.querySelectorAll("[hx-swap-oob]");
    tellFound(words.textContent);
    for (const beside of [words, ...others]) beside.remove();
    const present = rows(), coming = [...newer.querySelectorAll("tbody tr")];
    const alike = coming.length > 0 && coming.map((row) => row.id).join() === present.map((row) => row.id).join();
    if (alike) {
      // The usual case, and a whole new table takes a slow machine half a second.
      for (const row of coming) if (isNewer(row)) replaceRow(byId(row.id), row);
      return tellCounts(newer);
    }
    const left = leave();
    for (const row of coming) if (!isNewer(row)) row.replaceWith(byId(row.id));
    results().replaceWith(newer);
    htmx.process(newer);
    arrive(left);
  }

  // What must outlive a new table: the selection, and the place of the focus.
  function leave() {
    const focused = results().contains(document.activeElement) ? document.activeElement : null;
    return {
      picked: new Set(boxes().filter((box) => box.checked).map((box) => box.id)),
      focused: focused && focused.id,
      index: rows().indexOf(rowOf(focused)),
    };
  }

  function arrive({ picked, focused, index }) {
    for (const box of boxes()) box.checked = picked.has(box.id);
    rows().forEach(keepChoices);
    countSelected();
    if (focused === null || document.activeElement !== document.body) return;
    const present = rows();
    const near = index >= 0 && present[Math.min(index, present.length - 1)];
    focusOn(byId(focused) || (near && linkOf(near)) || results());
  }

  let left = null, turned = false;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === bulk) {
      applied = new FormData(bulk);
      return;
    }
    refreshing.abort();
    counting.abort();
    turned = event.detail.elt === results() || Boolean(event.detail.elt.closest(".pager"));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "results") left = leave();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "results" || !left) return;
    arrive(left);
    left = null;
    if (turned) focusOn(rows().length ? linkOf(rows()[0]) : results());
    turned = false;
    told = "";
    news.hidden = true;
    showView();
    if (outdated) refresh();
  });
  document.addEventListener("tickets-changed", refresh);

  // --- selection --------------------------------------------------------------------------

  let anchor = null; // where a range starts

  function countSelected() {
    const all = boxes(), chosen = all.filter((box) => box.checked).length;
    const whole = byId("pick-all");
    if (whole) {
      whole.checked = chosen > 0 && chosen === all.length;
      whole.indeterminate = chosen > 0 && chosen < all.length;
    }
    bulk.classList.toggle("on", chosen > 0);
    byId("selected").textContent = chosen ? `${chosen} selected` : "";
  }

  function select(box, range) {
    const all = boxes();
    const [from, to] = [all.indexOf(anchor), all.indexOf(box)].sort((one, other) => one - other);
    if (range && from >= 0) for (const other of all.slice(from, to + 1)) other.checked = box.checked;
    anchor = box;
    countSelected();
  }

  // All of it, or what was sent: the rows and choices that came meanwhile are the next change.
  function clear(sent = null) {
    const first = boxes().find((box) => box.checked);
    for (const box of boxes()) if (!sent || sent.getAll("ticket").includes(box.value)) box.checked = false;
    for (const choice of bulk.querySelectorAll("select")) {
      if (!sent || sent.get(choice.name) === choice.value) choice.selectedIndex = 0;
    }
    countSelected();
    if (first) focusOn(linkOf(rowOf(first)));
  }

  let applied = null;
  bulk.querySelector("[type=reset]").addEventListener("click", () => clear());
  // A change that failed is offered again as it was (desk.js resets forms then).
  bulk.addEventListener("reset", (event) => event.preventDefault());
  bulk.addEventListener("tickets-changed", () => clear(applied));

  // --- what happens in the table --------------------------------------------------------------

  list.addEventListener("change", ({ target }) => {
    if (target.id === "pick-all") {
      for (const box of boxes()) box.checked = target.checked;
      countSelected();
    } else if (target.localName === "select" && rowOf(target)) choose(target);
  });
  list.addEventListener("click", (event) => {
    if (event.target.name === "ticket") select(event.target, event.shiftKey);
    // So that the way back leads to this row.
    else if (rowOf(event.target)) history.replaceState({ ...history.state, row: current }, "");
  });
  list.addEventListener("focusin", ({ target }) => {
    if (rowOf(target)) current = rowOf(target).id;
    if (target.name === "assignee" && rowOf(target)) offerAgents(target);
  });
  list.addEventListener("focusout", ({ target }) => {
    if (target.id === opener) opener = "";
    changes.send(target.id);
  });
  // An open choice keeps the key's first half to itself.
  for (const half of ["keydown", "keyup"]) {
    list.addEventListener(half, (event) => {
      const row = rowOf(event.target);
      if (event.key !== "Escape" || !row || event.target.localName !== "select") return;
      changes.cancel(event.target.id);
      reset(event.target);
      focusOn(linkOf(row));
    });
  }

  // --- keys -----------------------------------------------------------------------------------

  let current = ""; // the row that had the focus last

  function move(step) {
    const all = rows();
    const index = all.findIndex((row) => row.id === current);
    const next = all[index < 0 ? 0 : Math.max(0, Math.min(all.length - 1, index + step))];
    if (next) linkOf(next).focus();
  }

  function open(select) {
    select.focus();
    opener = select.id;
    try {
      select.showPicker();
    } catch {} // an older browser: the arrow keys choose
  }

  function pressed(key) {
    if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
    if (key === "/") return byId("search").select();
    const row = byId(current);
    if (!row) return false;
    const pk = current.slice("row-".length);
    if (OPENING[key]) return open(byId(`${OPENING[key]}-${pk}`));
    if (key === "x") return byId(`pick-${pk}`).click();
    if (!PRIORITIES[key]) return false;
    byId(`priority-${pk}`).value = PRIORITIES[key];
    return choose(byId(`priority-${pk}`));
  }

  document.addEventListener("desk-key", (event) => {
    if (pressed(event.detail.key) !== false) event.preventDefault();
  });

  // --- news -----------------------------------------------------------------------------------

  const news = byId("news");
  let told = ""; // the ETag of the last answer
  let pause = NEWS_EVERY;
  let timer = 0;

  function listen() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(lookForNews, pause);
  }

  async function lookForNews() {
    const { news: path, newest } = results().dataset;
    const query = new URLSearchParams({ after: newest });
    const address = `${path}${path.includes("?") ? "&" : "?"}${query}`;
    try {
      const headers = told ? { "If-None-Match": told } : {};
      const response = await fetch(address, { headers, cache: "no-store", redirect: "error" });
      if (response.status === 401) return;
      if (response.ok && results().dataset.newest === newest) {
        told = response.headers.get("ETag") || "";
        announce(await response.json());
      }
      pause = response.ok || response.status === 304 ? NEWS_EVERY : Math.min(pause * 2, NEWS_AT_MOST);
    } catch {
      pause = Math.min(pause * 2, NEWS_AT_MOST);
    }
    listen();
  }

  function announce({ count, more }) {
    news.hidden = !count;
    news.textContent = `${count}${more ? "+" : ""} new ticket${count === 1 ? "" : "s"}`;
  }

  news.addEventListener("click", () => {
    const { first } = results().dataset;
    htmx.ajax("GET", first, { source: results(), swap: "outerHTML show:window:top" });
  });
  document.addEventListener("visibilitychange", listen);

  // Back from a ticket, by the browser's button or the page's own link.
  const link = location.hash.startsWith("#open-") && location.hash.slice(1);
  const row = (history.state && history.state.row) || (link && link.replace("open", "row"));
  if (row) focusOn(byId(row) ? linkOf(byId(row)) : results());
  if (link) history.replaceState({ ...history.state, row }, "", location.pathname + location.search);
  countSelected();
  showView();
  listen();
})();
