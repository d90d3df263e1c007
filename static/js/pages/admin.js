// Names for what Django's admin scripts add to a page without one, times in the reader's zone, and
// drafts that end with the session.
import { forgetTickets } from "../lib/drafts.js";
import "../lib/times.js";

document.getElementById("logout-form")?.addEventListener("submit", forgetTickets);

const $ = window.django?.jQuery;

function labelOf(select) {
  return select.labels[0]?.textContent.replace(/:\s*$/, "").trim() ?? "";
}

// A field with a search is drawn beside its select, which alone has the label.
function nameField(select) {
  const field = select.parentElement.querySelector(".select2-selection");
  if (!field) return;
  const value = field.querySelector(".select2-selection__rendered");
  value.removeAttribute("role");
  value.removeAttribute("aria-readonly");
  select.labels[0].id ||= `${select.id}_label`;
  field.setAttribute("aria-labelledby", `${select.labels[0].id} ${value.id}`);
}

function nameOpenList(event) {
  const list = document.querySelector(".select2-container--open .select2-results__options");
  const search = document.querySelector(".select2-container--open .select2-search__field");
  const field = event.target.parentElement.querySelector(".select2-selection");
  list.setAttribute("aria-label", labelOf(event.target));
  search.setAttribute("aria-label", `Search: ${labelOf(event.target)}`);
  field.setAttribute("aria-controls", list.id);
}

const selects = document.querySelectorAll("select.admin-autocomplete");
// The list opens inside the main part and not after everything else.
for (const select of selects) select.dataset.dropdownParent = "#content-start";
// After autocomplete.js, which draws the fields in the same event.
$?.(() => {
  selects.forEach(nameField);
  $(document).on("select2:open", nameOpenList);
});

// An icon may have a label only if it has a role.
window.addEventListener("load", () => {
  for (const icon of document.querySelectorAll(".help-tooltip[aria-label]")) {
    icon.setAttribute("role", "img");
  }
});

// A second click on Save would send a message twice.
const MAX_BUSY = 10000; // milliseconds; after that, sending again is better than a dead button
document.addEventListener("submit", (event) => {
  const { target } = event;
  if (target.method !== "post") return;
  if (target.dataset.sending) event.preventDefault();
  target.dataset.sending = "true";
  setTimeout(() => delete target.dataset.sending, MAX_BUSY);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sending]")) delete form.dataset.sending;
});
