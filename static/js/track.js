// The private page: answers appear by themselves, and no word that was typed is lost.
(() => {
  const PATIENCE = 20000;
  const byId = (id) => document.getElementById(id);
  const memory = `reply ${byId("composer").dataset.ticket}`;
  const AWAY = "The desk does not answer. Nothing is lost; please send it again in a moment.";
  const CLOSED = "This page can no longer be opened: its link was revoked.";

  function toast(words) {
    document.dispatchEvent(new CustomEvent("toast", { detail: { words } }));
  }

  function parse(text) {
    return new DOMParser().parseFromString(text, "text/html");
  }

  // --- what is new ---

  // Only what changed is touched, and what is being read or typed stays where it is.
  function take(page) {
    const held = [document.activeElement, ...byId("talk").children].find(isSeen);
    const place = held && held.getBoundingClientRect().top;
    for (const id of ["title", "standing", "body-hint"]) swap(byId(id), page.getElementById(id));
    const answered = takeTalk(byId("talk"), page.getElementById("talk"));
    if (held && held.isConnected) scrollBy(0, held.getBoundingClientRect().top - place);
    return answered;
  }

  function isSeen(element) {
    const { top, bottom } = element.getBoundingClientRect();
    return element !== document.body && bottom > 0 && top < innerHeight;
  }

  function swap(old, newer) {
    if (!old || !newer || old.isEqualNode(newer)) return;
    old.replaceWith(document.adoptNode(newer));
  }

  // Whether an answer of support is among what arrived.
  function takeTalk(talk, newer) {
    for (const item of [...talk.children]) if (!newer.querySelector(`#${item.id}`)) item.remove();
    let answered = false;
    for (const item of [...newer.children]) {
      const old = byId(item.id);
      if (!old) {
        item.classList.add("fresh");
        talk.append(document.adoptNode(item));
        answered = answered || item.classList.contains("ours");
      } else if (textOf(old) !== textOf(item)) swap(old, item);
      else swap(old.querySelector("time"), item.querySelector("time"));
    }
    return answered;
  }

  function textOf(item) {
    const text = item.querySelector(".text");
    return text ? text.textContent : item.textContent;
  }

  let asking = false;
  async function look() {
    if (document.hidden || asking || sending) return;
    asking = true;
    const headers = { "If-None-Match": byId("standing").dataset.etag };
    const signal = AbortSignal.timeout(PATIENCE);
    const options = { headers, cache: "no-store", signal };
    const response = await fetch(location.href, options).catch(() => null);
    const text = response && response.ok ? await response.text().catch(() => "") : "";
    asking = false;
    if (response && response.status === 404) closed();
    if (!text || sending) return;
    const page = parse(text);
    if (page.getElementById("talk") && take(page)) toast("Support has answered.");
  }

  // The link was revoked meanwhile. What is on the screen stays readable.
  function closed() {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
    toast(CLOSED);
  }

  // --- replying ---

  let sending = false;
  async function send(form) {
    sending = true;
    form.setAttribute("aria-busy", "true");
    const body = new URLSearchParams(new FormData(form));
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(location.href, { method: "POST", body, signal }).catch(() => null);
    const text = response ? await response.text().catch(() => "") : "";
    sending = false;
    form.removeAttribute("aria-busy");
    const page = parse(text);
    if (response && response.ok && page.getElementById("talk")) sent(page, body.get("body"));
    else if (page.getElementById("composer")) refused(page);
    else toast(response && response.status === 404 ? CLOSED : AWAY);
  }

  function sent(page, words) {
    const field = byId("body");
    // What was typed on while it was being sent is the next reply.
    const rest = field.value.startsWith(words) ? field.value.slice(words.length).trimStart() : field.value;
    swap(byId("composer"), page.getElementById("composer"));
    byId("body").value = rest;
    remember();
    take(page);
    const lines = [...page.querySelectorAll("#toasts .toast p")];
    toast(lines.length ? lines[0].textContent : "Your reply was sent.");
    byId("body").focus({ preventScroll: true });
  }

  function refused(page) {
    const typed = byId("body").value;
    swap(byId("composer"), page.getElementById("composer"));
    byId("body").value = typed;
    byId("composer").querySelector("[role=alert]")?.focus();
  }

  function remember() {
    const typed = byId("body").value;
    stored((kept) => (typed ? kept.setItem(memory, typed) : kept.removeItem(memory)));
  }

  function recall() {
    const field = byId("body");
    if (!field.value) field.value = stored((kept) => kept.getItem(memory)) || "";
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "body") remember();
  });
  // Before desk.js, which would leave the page.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target.id !== "composer") return;
      event.preventDefault();
      event.stopPropagation();
      if (!sending) send(event.target);
    },
    true,
  );
  window.addEventListener("pageshow", recall);
  document.addEventListener("visibilitychange", look);
  const timer = setInterval(look, Number(byId("standing").dataset.refresh));
})();
