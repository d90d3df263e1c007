// Small helpers around the document.

export const byId = (id) => document.getElementById(id);

/** Focus an element without scrolling to it; do nothing if there is none. */
export function focusOn(element) {
  element?.focus({ preventScroll: true });
}

/** Dispatch an event on the body, as htmx does with those of an HX-Trigger header. */
export function dispatch(name, detail) {
  document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
}

/** Parse markup. A template is the only element that takes a table row without its table. */
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

export const csrfToken = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
