// The ticket page's menu to snooze.
import { byId } from "./dom.js";
import { toast } from "./toasts.js";

document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
  if (elt.id !== "snooze-form" || xhr.status !== 200) return;
  byId("snooze").open = false;
  byId("snooze-summary").focus();
});

document.addEventListener("htmx:configRequest", ({ detail: { elt, parameters } }) => {
  if (elt.id !== "snooze-form") return;
  parameters.zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
});

/** Open the menu. */
export function snooze() {
  if (!byId("snooze")) return toast("This ticket is finished.");
  byId("snooze").open = true;
  byId("snooze-form").querySelector("button").focus();
}
