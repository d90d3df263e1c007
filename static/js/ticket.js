// The ticket page: typed text outlives every failure, who else is here, keys, similar replies.
(() => {
  const LOOKING_EVERY = 15000;
  const PATIENCE = 10000;
  const SLOW_AFTER = 3000;
  const PROPERTIES = ["status", "assignee", "category", "priority"];
  const { ask, inPlace, parse } = window.Changes;
  const frame = document.getElementById("ticket");
  const PARTS = frame.dataset.parts.split(" ");
  const watch = document.getElementById("watch");
  const byId = (id) => document.getElementById(id);
  const say = (words) => document.dispatchEvent(new CustomEvent("toast", { detail: { words } }));

  // --- what is typed is kept until the server has said that it is stored ---

  const FAILURES = {
    "htmx:sendError": "The desk does not answer. What you typed is kept here; send it again in a moment.",
    "htmx:timeout": "No answer came. What you typed is kept here; sending it again makes no second one.",
    403: "The desk refused that, since your sign-in has changed. Reload the page; what you typed is kept.",
    404: "This ticket is gone. What you typed is still here.",
    other: "The desk could not store that. What you typed is kept here; send it again in a moment.",
  };
  const BACK = "What you had typed is back. It was not sent.";
  const SLOW = "The desk is slow. What you typed stays here until it has arrived.";
  const TEXT = "textarea, input[type=text]";

  const keptForm = (name) => document.querySelector(`form[data-keep="${name}"]`);
  const texts = (form) => [...form.querySelectorAll(TEXT)];
  const mark = (form) => form.elements.form_key || form.elements.version;
  const place = (form) => `draft:${frame.dataset.actor}:${frame.dataset.ticket}:${form.dataset.keep}`;
  // A form that was refused comes back with what was typed.
  const isDirty = (form) =>
    "unsent" in form.dataset || texts(form).some((field) => field.value !== field.defaultValue);

  function keep(form) {
    const values = Object.fromEntries(texts(form).map((field) => [field.name, field.value]));
    const draft = JSON.stringify({ values, mark: mark(form).value });
    const typed = isDirty(form);
    stored((kept) => (typed ? kept.setItem(place(form), draft) : kept.removeItem(place(form))));
  }

  function forget(form) {
    stored((kept) => kept.removeItem(place(form)));
  }

  function restore(form) {
    // An answer to what was sent holds the text already, and knows the version better.
    if (byId("stale") || form.querySelector("[aria-invalid]")) return;
    const draft = JSON.parse(stored((kept) => kept.getItem(place(form))) || "null");
    if (!draft) return;
    form.dataset.fresh = mark(form).value;
    for (const field of texts(form)) {
      if (field.name in draft.values) field.value = draft.values[field.name];
    }
    if (!isDirty(form)) return forget(form);
    mark(form).value = draft.mark;
    form.closest("details")?.setAttribute("open", "");
    tell(form, BACK);
  }

  function tell(form, words) {
    const line = form.querySelector(".problem");
    line.textContent = words;
    line.hidden = !words;
  }

  document.addEventListener("input", ({ target }) => {
    const form = target.closest("form[data-keep]");
    if (!form) return;
    keep(form);
    if (isWriting() !== told) look();
  });

  document.addEventListener("stored", ({ detail }) => {
    const form = keptForm(detail.form);
    forget(form);
    for (const field of texts(form)) field.defaultValue = field.value;
  });

  // Taking an edit back.
  document.addEventListener("reset", ({ target }) => {
    if (!target.dataset.keep) return;
    for (const field of texts(target)) field.defaultValue = field.dataset.stored ?? "";
    delete target.dataset.unsent;
    forget(target);
    tell(target, "");
    mark(target).value = target.dataset.fresh || mark(target).value;
    const edit = target.closest("details");
    if (edit) edit.open = false;
    edit?.querySelector("summary").focus();
    look();
  });

  const formOf = (event) => {
    const form = event.detail.elt;
    return form.matches && form.matches("form[data-keep]") ? form : null;
  };
  let patience = 0;

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = formOf(event);
    if (!form) return;
    tell(form, "");
    form.setAttribute("aria-busy", "true");
    for (const field of texts(form)) field.readOnly = true;
    patience = setTimeout(() => tell(form, SLOW), SLOW_AFTER);
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = formOf(event);
    if (!form) return;
    clearTimeout(patience);
    form.removeAttribute("aria-busy");
    for (const field of texts(form)) field.readOnly = false;
    if (event.detail.successful) arrived(form, event.detail.xhr.responseText);
  });

  function arrived(form, html) {
    put(html, form);
    const alert = document.querySelector("#composer [role=alert]:not([hidden], .problem)");
    if (alert && form.id === "composer") alert.focus();
    document.querySelector("#notices [autofocus]")?.focus();
    if (form.dataset.keep === "edit" && !byId("edit").open) byId("edit-summary").focus();
    look();
  }

  // The general answer to a failure empties the form; here it must not get that far.
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    frame.addEventListener(failure, (event) => {
      const form = formOf(event);
      if (!form) return;
      event.stopPropagation();
      clearTimeout(patience);
      tell(form, FAILURES[failure] || FAILURES[event.detail.xhr.status] || FAILURES.other);
    });
  }

  // --- properties change in place ---

  const changes = inPlace({
    busy: ({ target }, is) => byId(target).setAttribute("aria-busy", is),
    show(change, html) {
      const version = put(html);
      look();
      return version;
    },
    renew: refresh,
  });

  function set(form, id, values, pause) {
    const { pathname: path } = location, version = form.elements.version.value;
    changes.add({ id, target: form.id, path, version, values }, pause);
  }

  document.addEventListener("change", ({ target }) => {
    if (!target.matches(".property select")) return;
    const { id, name, value } = target;
    set(target.form, id, { [name]: value });
  });

  document.addEventListener("focusout", ({ target }) => changes.send(target.id));

  // A button of a property says what it becomes; the one below them sends what triage suggests.
  document.addEventListener(
    "submit",
    (event) => {
      const { target, submitter } = event;
      if (!target.matches(".property, .accept")) return;
      event.preventDefault();
      const names = submitter && submitter.name ? [submitter] : target.querySelectorAll("input");
      const sent = [...names].map(({ name, value }) => [name, value]);
      const values = Object.fromEntries(sent.filter(([name]) => PROPERTIES.includes(name)));
      set(target, submitter ? submitter.id : target.id, values, 0);
    },
    true,
  );

  // --- parts of the page that come new ---

  // Puts the parts of an answer in place, but for those that somebody is still working on; returns
  // the version that it tells of. `asked` is the form that was sent, if one was.
  function put(html, asked = null) {
    const page = parse(html);
    const heading = page.querySelector("#heading");
    if (!heading) return 0;
    const version = Number(heading.dataset.version);
    const isOlder = version < Number(byId("heading").dataset.version);
    for (const id of PARTS) {
      const part = byId(id), newer = page.querySelector(`#${id}`);
      const answered = Boolean(asked) && part.contains(asked);
      // A part that came with the one around it is no longer in the answer.
      if (newer && (answered || !(isOlder || isKept(part)))) replace(part, newer, answered);
    }
    return version;
  }

  function isKept(part) {
    const form = part.querySelector("form[data-keep]");
    return part.id === "composer" || (form && isDirty(form));
  }

  function replace(part, newer, answered) {
    const focused = part.contains(document.activeElement) && document.activeElement.id;
    if (!answered && (part.open || part.querySelector("details[open]"))) {
      (newer.matches("details") ? newer : newer.querySelector("details")).open = true;
    }
    part.replaceWith(newer);
    htmx.process(newer);
    changes.restore(newer);
    if (focused !== false) focusOn(byId(focused) || newer);
  }

  // A button that did its work is gone; the focus stays where it was.
  function focusOn(place) {
    const seen = place.offsetParent ? place : byId("choose-category");
    if (seen.matches("form, section, ol, div")) seen.tabIndex = -1;
    seen.focus({ preventScroll: true });
  }

  async function refresh() {
    const response = await ask(location.pathname, "ticket", {}).catch(() => null);
    if (response && response.ok) put(await response.text().catch(() => ""));
    look();
  }
  document.addEventListener("tickets-changed", refresh);

  // --- who else is here ---

  const random = crypto.getRandomValues(new Uint8Array(12));
  const me = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  let told = false;
  let asked = 0;

  const isWriting = () => [...document.querySelectorAll("form[data-keep]")].some(isDirty);

  function presence(more) {
    const { version, comment } = byId("heading").dataset;
    const csrfmiddlewaretoken = document.querySelector("[name=csrfmiddlewaretoken]").value;
    return new URLSearchParams({ window: me, version, comment, csrfmiddlewaretoken, ...more });
  }

  async function look() {
    if (document.visibilityState === "hidden") return;
    told = isWriting();
    const turn = (asked += 1);
    const body = presence({ writing: told });
    const headers = { "HX-Request": "true", "HX-Current-URL": location.href };
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(watch.dataset.watch, { method: "POST", body, headers, signal }).catch(() => null);
    if (!response || turn !== asked) return;
    const door = response.headers.get("HX-Redirect");
    if (door) showSignedOut(door);
    else if (response.ok) show(await response.text());
  }

  function show(part) {
    const before = watch.contains(document.activeElement) && document.activeElement.id;
    if (watch.dataset.shown === part) return;
    watch.dataset.shown = part;
    watch.innerHTML = part.trim();
    if (before) (byId(before) || byId("content")).focus({ preventScroll: true });
  }

  function showSignedOut(door) {
    const words = "You are signed out. What you typed is kept. ";
    const link = Object.assign(document.createElement("a"), { href: door, textContent: "Sign in" });
    const line = document.createElement("p");
    line.append(words, link);
    watch.replaceChildren(line);
    delete watch.dataset.shown;
  }

  // To show what is new, nobody has to stop writing.
  watch.addEventListener("mousedown", (event) => {
    if (event.target.closest("[data-show]")) event.preventDefault();
  });
  watch.addEventListener("click", (event) => {
    if (event.target.closest("[data-show]")) refresh();
  });

  const leave = () => navigator.sendBeacon(watch.dataset.watch, presence({ leaving: true }));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
    else look();
  });
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => event.persisted && look());
  setInterval(look, LOOKING_EVERY);

  // --- replies that helped before ---

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-use-reply]");
    if (button) insert(byId("body"), byId(button.dataset.useReply).textContent);
  });

  function insert(field, words) {
    const at = field.selectionEnd;
    const [before, after] = [field.value.slice(0, at), field.value.slice(at)];
    const gap = (text, edge) => (!text || edge.test(text) ? "" : "\n\n");
    field.focus();
    field.setRangeText(gap(before, /\n\n$/) + words + gap(after, /^\n/), at, at, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // --- keys ---

  function choose(name, value) {
    const field = byId(`choose-${name}`);
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function press(id, otherwise) {
    if (byId(id)) byId(id).click();
    else say(otherwise);
  }

  function edit() {
    byId("edit").open = true;
    byId("edit-title").focus();
  }

  const CATEGORIES = { b: "billing", t: "technical", a: "account", g: "general" };
  const PRIORITIES = { 1: "low", 2: "medium", 3: "high", 4: "critical" };
  const ACTS = {
    y: () => press("accept-triage", "Category and priority are confirmed already."),
    m: () => press("assign-me", frame.dataset.me ? "This ticket is yours already." : "Sign in to take tickets."),
    s: () => byId("choose-status").focus(),
    r: () => byId("body").focus(),
    n: () => byId("body").focus(),
    e: edit,
    u: () => byId("back").click(),
  };
  for (const [key, value] of Object.entries(CATEGORIES)) ACTS[key] = () => choose("category", value);
  for (const [key, value] of Object.entries(PRIORITIES)) ACTS[key] = () => choose("priority", value);

  document.addEventListener("desk-key", (event) => {
    const act = Object.hasOwn(ACTS, event.detail.key) && ACTS[event.detail.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("keydown", (event) => {
    const writes = event.target.closest("#ticket :is(input, select, textarea)");
    if (event.key === "Escape" && !event.isComposing && writes) byId("content").focus({ preventScroll: true });
  });

  // --- when the page opens ---

  for (const form of document.querySelectorAll("form[data-keep]")) restore(form);
  for (const button of document.querySelectorAll("[data-use-reply]")) button.hidden = false;
  if (document.referrer) {
    const from = new URL(document.referrer);
    const back = byId("back");
    if (from.origin === location.origin && from.pathname === back.pathname) {
      back.href = from.pathname + from.search + back.hash;
    }
  }
  look();
})();
