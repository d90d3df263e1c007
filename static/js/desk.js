// What every page does: the theme without a reload, toasts, and forms that are sent only once.
(() => {
  const SENDING_FOR = 10000;

  function toast(words) {
    const line = document.createElement("p");
    line.className = "toast";
    line.textContent = words;
    document.getElementById("toasts").append(line);
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
    if ("themeForm" in form.dataset) {
      event.preventDefault();
      chooseTheme(form, event.submitter.value);
    } else if ("sendOnce" in form.dataset) {
      if (form.dataset.sending) event.preventDefault();
      form.dataset.sending = "true";
      // Where the answer does not come, sending again is better than a dead button.
      setTimeout(() => delete form.dataset.sending, SENDING_FOR);
    }
  });

  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-sending]")) delete form.dataset.sending;
  });

  // Toasts of the server's page are put in once more, since only what changes is read out.
  document.addEventListener("DOMContentLoaded", () => {
    const toasts = document.getElementById("toasts");
    const words = [...toasts.children].map((line) => line.textContent);
    toasts.replaceChildren();
    setTimeout(() => words.forEach(toast), 100);
    toasts.addEventListener("animationend", (event) => event.target.remove());
  });

  document.addEventListener("toast", (event) => toast(event.detail.words));

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
  for (const [failure, words] of Object.entries(FAILURES)) {
    document.addEventListener(failure, (event) => {
      const form = event.detail.elt.closest("form");
      if (form && form.method === "post") form.reset();
      toast(words);
    });
  }
})();
