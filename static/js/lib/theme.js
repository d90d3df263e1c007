// The theme changes without a reload; the server remembers it in a cookie.

function choose(form, theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  // With fetch: half of the pages do not load htmx, and htmx would follow the redirect to a whole
  // page.
  const body = new URLSearchParams({ theme });
  fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
}

document.addEventListener("submit", (event) => {
  if (!("themeForm" in event.target.dataset)) return;
  event.preventDefault();
  choose(event.target, event.submitter.value);
});
