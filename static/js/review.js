// The review queue by keys: they choose, Enter sends. What was done can be taken back step by step.
// Nothing settles later (settle:0ms): a key in between would meet a form that htmx does not know yet.
(() => {
  const said = document.getElementById("review-said");
  const steps = []; // {url} of a skip, with `changes` of a decision; the latest last
  let returning = null;
  let again = 0; // how many steps more, once that one is back
  let inside = false; // whether the card that goes away holds the focus

  const card = () => document.getElementById("review");
  const form = () => document.getElementById("review-form");

  // --- keys ---

  const actions = { Enter: accept, j: skip, u: takeBack, z: takeBack };

  // Before the page's own "z", which knows decisions only.
  document.addEventListener(
    "desk-key",
    (event) => {
      const { key } = event.detail;
      if (!(actions[key] ? actions[key]() : choose(key))) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );

  // Enter on a link or button does what that is for.
  function accept() {
    if (!form() || document.activeElement.closest("a, button, summary")) return false;
    form().requestSubmit();
    return true;
  }

  function skip() {
    const link = document.getElementById("skip");
    if (link) link.click();
    return Boolean(link);
  }

  function choose(key) {
    const radio = form() && form().querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!radio) return false;
    radio.checked = true;
    const group = radio.closest("fieldset").querySelector("legend").textContent;
    said.textContent = `${group}: ${radio.closest("label").querySelector(".badge").textContent}`;
    return true;
  }

  // A key that is held down must not accept what nobody has read.
  document.addEventListener("keydown", (event) => {
    if (event.repeat && event.key === "Enter" && card().contains(event.target)) event.preventDefault();
  });

  // --- steps and undo ---

  function hereAgain() {
    const { ticket, after } = form().elements;
    const query = new URLSearchParams({ ticket: ticket.value, after: after.value });
    return `${form().action}?${query}`;
  }

  document.addEventListener("toast", ({ detail }) => {
    const known = steps.some((step) => step.changes === detail.undo);
    if (detail.undo && form() && !known) steps.push({ url: hereAgain(), changes: detail.undo });
  });

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.elt.id === "skip") steps.push({ url: hereAgain() });
  });

  function takeBack() {
    const step = steps[steps.length - 1];
    if (!step) return false;
    if (returning) again += 1;
    else if (step.changes) undoButton(step.changes).click();
    else show(steps.pop().url);
    return true;
  }

  function undoButton(changes) {
    const button = findUndo(changes);
    if (button) return button;
    // Its toast has gone meanwhile: one more, only to press its button at once.
    const detail = { words: "", undo: changes };
    document.dispatchEvent(new CustomEvent("toast", { detail }));
    return findUndo(changes);
  }

  function findUndo(changes) {
    const forms = [...document.querySelectorAll(".toast [data-undo]")];
    const found = forms.find((one) => one.elements.changes.value === changes);
    return found && found.querySelector("button");
  }

  document.addEventListener(
    "submit",
    ({ target }) => {
      if (!("undo" in target.dataset)) return;
      returning = steps.find((step) => step.changes === target.elements.changes.value);
    },
    true,
  );

  document.addEventListener("tickets-changed", () => {
    if (!returning) return;
    steps.splice(steps.indexOf(returning), 1);
    const { url } = returning;
    returning = null;
    if (again && steps.length) {
      again -= 1;
      takeBack();
    } else {
      again = 0;
      show(url);
    }
  });
  document.addEventListener("undo-failed", () => {
    returning = null;
    again = 0;
  });

  function show(url) {
    window.htmx.ajax("GET", url, { target: "#review", swap: "outerHTML settle:0ms" });
  }

  // --- the next card ---

  document.addEventListener("htmx:beforeSwap", () => {
    inside = card().contains(document.activeElement);
  });

  document.addEventListener("htmx:afterSettle", () => {
    said.textContent = card().dataset.said;
    if (inside) keepFocus();
    inside = false;
    if (card().getBoundingClientRect().top < 0) card().scrollIntoView();
  });

  function keepFocus() {
    const field = document.activeElement;
    if (!card().contains(field)) card().focus({ preventScroll: true });
    else if (field.type === "radio") {
      form().querySelector(`[name="${field.name}"]:checked`).focus({ preventScroll: true });
    }
  }
})();
