// Names for what Django's admin scripts add to a page without one.
"use strict";

const $ = window.django?.jQuery;

function labelOf(select) {
  return select.labels[0]?.textContent.replace(/:\s*$/, "").trim() ?? "";
}

// A field that searches is drawn beside its select, which alone has the label.
function nameField(select) {
  const drawn = select.parentElement.querySelector(".select2-selection");
  if (!drawn) return;
  const value = drawn.querySelector(".select2-selection__rendered");
  value.removeAttribute("role");
  value.removeAttribute("aria-readonly");
  select.labels[0].id ||= `${select.id}_label`;
  drawn.setAttribute("aria-labelledby", `${select.labels[0].id} ${value.id}`);
}

function nameOpenList(event) {
  const list = document.querySelector(".select2-container--open .select2-results__options");
  const box = document.querySelector(".select2-container--open .select2-search__field");
  const drawn = event.target.parentElement.querySelector(".select2-selection");
  list.setAttribute("aria-label", labelOf(event.target));
  box.setAttribute("aria-label", `Search: ${labelOf(event.target)}`);
  drawn.setAttribute("aria-controls", list.id);
}

const searching = document.querySelectorAll("select.admin-autocomplete");
// The list opens inside the main part rather than after everything.
searching.forEach((select) => { select.dataset.dropdownParent = "#content-start"; });
// After autocomplete.js, which draws the fields in the same event.
$?.(() => {
  searching.forEach(nameField);
  $(document).on("select2:open", nameOpenList);
});

// An icon that says something must have a role, or its words are not allowed.
window.addEventListener("load", () => {
  document.querySelectorAll(".help-tooltip[aria-label]").forEach((icon) => {
    icon.setAttribute("role", "img");
  });
});

// A second click on Save would send a message twice. Where no answer comes, sending again is better
// than a dead button.
const SENDING_FOR = 10000;
document.addEventListener("submit", (event) => {
  const { target } = event;
  if (target.method !== "post") return;
  if (target.dataset.sending) event.preventDefault();
  target.dataset.sending = "true";
  setTimeout(() => delete target.dataset.sending, SENDING_FOR);
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-sending]").forEach((form) => delete form.dataset.sending);
});
