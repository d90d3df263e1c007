// What every page does.
import "../lib/send_once.js";
import "../lib/shortcuts.js";
import "../lib/theme.js";
import "../lib/times.js";
import { byId } from "../lib/dom.js";
import { allowDrafts, forgetTickets } from "../lib/drafts.js";
import { account } from "../lib/toasts.js";

if (account) allowDrafts(account);
// The page that is left would store its toasts again.
document.querySelector("form.account")?.addEventListener("submit", () => {
  byId("toasts").replaceChildren();
  forgetTickets();
});
