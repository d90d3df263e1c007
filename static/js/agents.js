// What the pages of agents share: keys, and changes in place. One file, since each costs a request.

// Keys for agents: a `desk-key` event for each key that is pressed outside fields and dialogs.
// They can be turned off, as WCAG 2.1.4 asks of keys without a modifier.
(() => {
  const MEMORY = "keys";
  const WRITING = "input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]";
  // No modal dialog: to make a long list inert takes a slow machine half a second.
  const dialog = document.getElementById("keys");
  const turnedOn = dialog.querySelector("[data-keys-switch]");

  // Where a browser forbids storage, the choice holds for this page.
  const memory = (act) => stored(act, "localStorage");
  turnedOn.checked = memory((kept) => kept.getItem(MEMORY)) !== "off";
  turnedOn.addEventListener("change", () => {
    memory((kept) => kept.setItem(MEMORY, turnedOn.checked ? "on" : "off"));
  });

  const MOVING = ["j", "k"]; // the keys that may be held down

  function isMeant(event, key) {
    if (event.defaultPrevented || event.isComposing) return false;
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.repeat && !MOVING.includes(key)) return false;
    return !event.target.closest(WRITING) && !dialog.matches(":popover-open");
  }

  document.addEventListener("keydown", (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!turnedOn.checked || !isMeant(event, key)) return;
    const asked = new CustomEvent("desk-key", { detail: { key }, cancelable: true });
    if (!document.dispatchEvent(asked)) event.preventDefault();
  });

  document.addEventListener("desk-key", (event) => {
    if (event.detail.key !== "?") return;
    event.preventDefault();
    dialog.showPopover();
  });
})();

// Changes in place. What is chosen is sent after a pause, in the order in which it was chosen, one
// change of a ticket after the other, each once; and what is chosen while an answer is on its way
// is sent after it, at the latest when the page is left. Whoever follows a link waits for it a
// little, so that the next page shows it and offers to take it back.
//
// They are sent from here and not by htmx, which forgets what an answer says, and what waits to be
// sent, when the part of the page that asked was replaced meanwhile.
//
// A page says how, with the functions of `page`:
//   busy(change, is)      it is on its way, or no more
//   show(change, html)    puts the answer in place; returns the ticket's version by it, or 0 where
//                         the answer is none
//   renew()               shows what is stored by now
(() => {
  const PAUSE = 250; // arrow keys pass through values on the way to the one that is meant
  const PATIENCE = 30000;
  const PARTING = 1500; // that somebody who follows a link waits for
  const LEFT = "changes-left"; // the time at which a page was left with something still to be stored
  const AWAY = "The desk does not answer. Please try again in a moment.";
  const REFUSED = "That was not saved. Please reload the page and try again.";

  // As htmx asks, so that the server answers with a part, or with the way to the door.
  async function ask(path, target, options) {
    const headers = { "HX-Request": "true", "HX-Target": target, "HX-Current-URL": location.href };
    const response = await fetch(path, { headers, cache: "no-store", ...options });
    const door = response.headers.get("HX-Redirect");
    if (door) location.assign(door);
    return door ? null : response;
  }

  function tell(name, detail) {
    document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  function parse(html) {
    const template = document.createElement("template"); // it alone takes a row without its table
    template.innerHTML = html;
    return template.content;
  }

  // What a select shows as stored.
  function defaultOf(select) {
    return ([...select.options].find((option) => option.defaultSelected) || select.options[0]).value;
  }

  function reset(select) {
    select.value = defaultOf(select);
  }

  // Where a browser forbids storage, the next page shows what it was told at first.
  function timeLeft() {
    const time = stored((kept) => kept.getItem(LEFT));
    stored((kept) => kept.removeItem(LEFT));
    return Number(time);
  }

  function inPlace(page) {
    const waiting = new Map(); // what is not stored yet, by the id of the control that chose it
    const lines = new Map(); // path of a ticket -> its changes, one after the other

    // `id` is the select or button, `values` are the ticket's at `path` that it sets, `version` the
    // one in which it was chosen, `target` what the server is asked to answer with.
    function add(change, pause = PAUSE) {
      cancel(change.id);
      waiting.set(change.id, change);
      change.timer = setTimeout(send, pause, change.id);
    }

    function cancel(id) {
      const change = waiting.get(id);
      if (change) clearTimeout(change.timer);
      waiting.delete(id);
    }

    function send(id) {
      const change = waiting.get(id);
      if (!change || change.sent) return;
      clearTimeout(change.timer);
      change.sent = true;
      const before = lines.get(change.path) || Promise.resolve();
      lines.set(change.path, before.then(() => save(change)));
    }

    async function save(change) {
      const { id, path, target, values, version } = change;
      if (change.saving || waiting.get(id) !== change) return; // or there is a later one
      // Of a change whose answer was lost nobody knows whether it was stored.
      const select = selectOf(id);
      if (!change.doubtful && select && defaultOf(select) === values[select.name]) return waiting.delete(id);
      change.saving = true;
      page.busy(change, true);
      const csrfmiddlewaretoken = document.querySelector("[name=csrfmiddlewaretoken]").value;
      const body = new URLSearchParams({ ...values, version, csrfmiddlewaretoken });
      const signal = AbortSignal.timeout(PATIENCE);
      const response = await ask(path, target, { method: "POST", body, signal, keepalive: true })
        .catch(() => undefined);
      if (response === null) return; // on the way to the door
      const html = response && response.ok ? await response.text().catch(() => "") : "";
      const superseded = waiting.get(id) !== change;
      if (!superseded) waiting.delete(id);
      page.busy(change, false);
      const present = html && page.show(change, html);
      for (const later of alike(change)) {
        // It was chosen over this change, not over the version before it.
        if (present) later.version = present;
        else later.doubtful = true;
      }
      if (present) return announce(response);
      if (!superseded && selectOf(id)) reset(selectOf(id));
      tell("toast", { words: response ? REFUSED : AWAY });
    }

    // As it stands in the page now: parts of it come new.
    function selectOf(id) {
      const control = document.getElementById(id);
      return control && control.localName === "select" ? control : null;
    }

    // Shows in a part that came new what was chosen and is still to be stored; whether there is any.
    function restore(part) {
      const found = [...part.querySelectorAll("select")].filter(({ id }) => waiting.has(id));
      for (const select of found) select.value = waiting.get(select.id).values[select.name];
      return found.length > 0;
    }

    // What waits and sets one of the same values.
    function alike({ path, values }) {
      return [...waiting.values()].filter(
        (other) => other.path === path && Object.keys(other.values).some((name) => name in values),
      );
    }

    function announce(response) {
      const events = JSON.parse(response.headers.get("HX-Trigger") || "{}");
      for (const [name, detail] of Object.entries(events)) tell(name, detail);
    }

    function leave() {
      if (!waiting.size) return;
      [...waiting.values()].forEach(save); // no time to queue
      stored((kept) => kept.setItem(LEFT, Date.now()));
    }
    window.addEventListener("pagehide", leave);

    // Once everything that was chosen is stored, or that takes too long.
    function settled() {
      [...waiting.keys()].forEach(send);
      const patience = new Promise((done) => setTimeout(done, PARTING));
      return Promise.race([Promise.all(lines.values()), patience]);
    }

    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (!waiting.size || !link || event.defaultPrevented) return;
      const others = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
      const stays = link.hasAttribute("download") || link.target || link.hash && link.pathname === location.pathname;
      const ready = settled();
      if (others || stays) return;
      event.preventDefault();
      ready.then(() => location.assign(link.href));
    });

    // This page may have been read before what the one before it left was stored.
    if (Date.now() - timeLeft() < PATIENCE) setTimeout(page.renew, PARTING);

    return { add, cancel, has: (id) => waiting.has(id), restore, send };
  }

  window.Changes = { ask, inPlace, parse, reset };
})();
