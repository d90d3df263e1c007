// What every page does: the theme without a reload, toasts, times that go on, and forms that are
// sent only once.
(() => {
  const SENDING_FOR = 10000;
  const AGED_EVERY = 30000;
  const MOST = 3; // toasts at once
  const PATIENCE = 3000; // for a slow network, which is no reason not to send
  const UNDO_FOR = 20000; // as desk.css has it
  const MEMORY = "toasts";

  // What the browser keeps; `act` gets it. Where that is forbidden nothing is kept, and null is
  // the answer.
  window.stored = (act, kind = "sessionStorage") => {
    try {
      return act(window[kind]);
    } catch {
      return null;
    }
  };

  // Says what was done, with a way back where `undo` names the change ("12:3", see undoing.py).
  function toast(words, undo, since = Date.now()) {
    const line = document.createElement("div");
    line.className = "toast";
    line.dataset.since = since;
    line.append(Object.assign(document.createElement("p"), { textContent: words }));
    if (undo) line.append(undoForm(undo));
    show(line);
  }

  function show(line) {
    const toasts = document.getElementById("toasts");
    while (toasts.childElementCount >= MOST) toasts.firstElementChild.remove();
    toasts.append(line);
  }

  function undoForm(changes) {
    const form = document.getElementById("undo-form").content.firstElementChild.cloneNode(true);
    form.elements.changes.value = changes;
    form.elements.next.value = location.pathname + location.search;
    return form;
  }

  // Where the page can bring itself up to date it stays; else the form is sent as forms are.
  async function takeBack(form) {
    const line = form.closest(".toast");
    if (line.contains(document.activeElement)) returnFocus();
    line.remove();
    const headers = { "HX-Request": "true", "HX-Current-URL": location.href };
    const body = new URLSearchParams(new FormData(form));
    const response = await fetch(form.action, { method: "POST", headers, body }).catch(() => null);
    const door = response && response.headers.get("HX-Redirect");
    if (door) location.assign(door);
    else if (response && response.ok) announce(JSON.parse(response.headers.get("HX-Trigger")));
    else {
      toast(FAILURES[response ? "htmx:responseError" : "htmx:sendError"]);
      show(line);
      announce({ "undo-failed": {} });
    }
  }

  // The focus goes back to where it was before somebody went to the toast.
  let before = null;
  document.addEventListener("focusin", ({ target }) => {
    if (!target.closest("#toasts")) before = target;
  });

  function returnFocus() {
    const again = before && (before.isConnected ? before : document.getElementById(before.id));
    (again || document.getElementById("content")).focus({ preventScroll: true });
  }

  function announce(events) {
    for (const [name, detail] of Object.entries(events)) {
      document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
    }
  }

  function chooseTheme(form, theme) {
    document.documentElement.dataset.theme = theme;
    for (const button of form.elements) {
      if (button.value && button.name === "theme") {
        button.setAttribute("aria-pressed", String(button.value === theme));
      }
    }
    const body = new URLSearchParams({ theme });
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if ("undo" in form.dataset && window.htmx) {
      event.preventDefault();
      takeBack(form);
    } else if ("themeForm" in form.dataset) {
      event.preventDefault();
      chooseTheme(form, event.submitter.value);
    } else if ("sendOnce" in form.dataset && !form.hasAttribute("hx-post") && !event.defaultPrevented) {
      event.preventDefault();
      if (form.hasAttribute("aria-busy")) return;
      form.setAttribute("aria-busy", "true");
      // Where the answer does not come, sending again is better than a dead button.
      setTimeout(() => form.removeAttribute("aria-busy"), SENDING_FOR);
      sendIfReachable(form, event.submitter);
    }
  });

  // A browser that finds nobody would put its own page in place of what was typed.
  async function sendIfReachable(form, submitter) {
    const signal = AbortSignal.timeout(PATIENCE);
    const failure = await fetch("/healthz", { cache: "no-store", signal }).then(
      () => null,
      (error) => error.name,
    );
    if (failure && failure !== "TimeoutError") {
      form.removeAttribute("aria-busy");
      toast("The desk does not answer. Nothing is lost; please send it again in a moment.");
      return;
    }
    form.querySelector("[data-submitter]")?.remove();
    if (submitter && submitter.name) {
      const { name, value } = submitter;
      const chosen = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      chosen.dataset.submitter = "";
      form.append(chosen);
    }
    HTMLFormElement.prototype.submit.call(form);
  }

  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
  });

  // As the server words them, see `ago`; what has become a date stays one.
  function age(time) {
    const minutes = Math.floor((Date.now() - new Date(time.dateTime)) / 60000);
    if (minutes < 1 || minutes >= 30 * 24 * 60) return;
    const [unit, name] = minutes < 60 ? [1, "min"] : minutes < 24 * 60 ? [60, "h"] : [24 * 60, "d"];
    time.textContent = `${Math.floor(minutes / unit)} ${name} ago`;
  }

  setInterval(() => document.querySelectorAll("time").forEach(age), AGED_EVERY);

  // Toasts of the server's page are put in once more, since only what changes is read out.
  document.addEventListener("DOMContentLoaded", () => {
    const toasts = document.getElementById("toasts");
    const lines = [...toasts.children];
    toasts.replaceChildren();
    setTimeout(() => {
      recall();
      lines.forEach(show);
    }, 100);
    toasts.addEventListener("animationend", (event) => event.target.remove());
  });

  // The way back stands on the next page as well.
  window.addEventListener("pagehide", () => {
    const lines = [...document.querySelectorAll(".toast[data-since]:has([data-undo])")].map((line) => ({
      words: line.firstChild.textContent,
      undo: line.querySelector("[data-undo]").elements.changes.value,
      since: Number(line.dataset.since),
    }));
    stored((kept) => kept.setItem(MEMORY, JSON.stringify(lines)));
  });

  function recall() {
    const lines = stored((kept) => JSON.parse(kept.getItem(MEMORY))) || [];
    stored((kept) => kept.removeItem(MEMORY));
    if (!document.getElementById("undo-form")) return; // nobody is signed in any more
    for (const { words, undo, since } of lines) {
      if (Date.now() - since < UNDO_FOR) toast(words, undo, since);
    }
  }

  document.addEventListener("toast", ({ detail }) => toast(detail.words, detail.undo));

  document.addEventListener("desk-key", (event) => {
    if (event.detail.key !== "z") return;
    const button = [...document.querySelectorAll(".toast [data-undo] button")].pop();
    event.preventDefault();
    if (button) button.click();
    else toast("There is nothing to undo any more.");
  });

  // A field is disabled while its change is being saved, which takes the focus away from it.
  let focused = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    const field = document.activeElement;
    focused = event.detail.elt.contains(field) ? field.id : "";
  });
  for (const end of ["htmx:afterSettle", "htmx:afterRequest"]) {
    document.addEventListener(end, () => {
      const field = document.activeElement === document.body && document.getElementById(focused);
      if (field) field.focus({ preventScroll: true });
    });
  }

  // Nothing claims success before the server has said so: a change that failed is taken back.
  const FAILURES = {
    "htmx:responseError": "That was not saved. Please reload the page and try again.",
    "htmx:sendError": "The desk does not answer. Please try again in a moment.",
    "htmx:timeout": "The desk does not answer. Please try again in a moment.",
  };
  const NOT_READ = "The desk could not answer that. Please try again.";
  for (const [failure, words] of Object.entries(FAILURES)) {
    document.addEventListener(failure, (event) => {
      const form = event.detail.elt.closest("form");
      const sent = form && form.method === "post";
      if (sent && !("keep" in form.dataset)) form.reset();
      toast(sent || failure !== "htmx:responseError" ? words : NOT_READ);
    });
  }
})();
