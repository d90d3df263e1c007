// The ticket page's menu to snooze, and its times in the viewer's time zone.
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

const MOMENT = {
  ...{ weekday: "short", day: "numeric", month: "short" },
  ...{ hour: "2-digit", minute: "2-digit" },
};

export function showLocalTimes() {
  for (const time of document.querySelectorAll("time[data-moment]")) {
    time.textContent = new Date(time.dateTime).toLocaleString([], MOMENT);
  }
}

/** Open the menu. */
export function snooze() {
  if (!byId("snooze")) return toast("This ticket is finished.");
  byId("snooze").open = true;
  byId("snooze-form").querySelector("button").focus();
}
