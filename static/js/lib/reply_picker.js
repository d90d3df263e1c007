// The picker of saved replies: a popover with a search box and a list. ↑ and ↓ choose, Enter
// inserts, Esc closes.
import { byId, csrfToken } from "./dom.js";
import { UNREACHABLE } from "./requests.js";
import { toast } from "./toasts.js";

const GONE = "This saved reply does not exist any more.";
const picker = byId("reply-picker");
const search = byId("reply-search");
const results = byId("reply-results");
let insertText;

const options = () => [...results.querySelectorAll("[role=option]")];
const selected = () => results.querySelector("[aria-selected=true]");

/** Let the button and `openReplyPicker` open the picker. `insert` takes the chosen text. */
export function initReplyPicker(insert) {
  insertText = insert;
}

export function openReplyPicker() {
  search.value = "";
  picker.showPopover();
  search.focus();
  htmx.trigger(search, "open");
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-open-replies]")) openReplyPicker();
  const option = target.closest("#reply-results [role=option]");
  if (option) choose(option);
});

search.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter") {
    event.preventDefault();
    if (selected()) choose(selected());
  } else if (["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  }
});

results.addEventListener("htmx:afterSwap", follow);

function move(step) {
  const all = options();
  if (!all.length) return;
  const next = (all.indexOf(selected()) + step + all.length) % all.length;
  for (const [index, option] of all.entries()) option.setAttribute("aria-selected", index === next);
  follow();
}

/** Tell screen readers which option is selected, and keep it in view. */
function follow() {
  search.setAttribute("aria-activedescendant", selected()?.id ?? "");
  selected()?.scrollIntoView({ block: "nearest" });
}

async function choose(option) {
  const headers = { "X-CSRFToken": csrfToken() };
  try {
    const response = await fetch(option.dataset.url, { method: "POST", headers });
    if (response.status === 404) return toast(GONE);
    if (!response.ok) throw new Error(response.statusText);
    const { text } = await response.json();
    picker.hidePopover();
    insertText(text);
  } catch {
    toast(UNREACHABLE);
  }
}
