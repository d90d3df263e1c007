// What every page does.
import "../lib/send_once.js";
import "../lib/shortcuts.js";
import "../lib/theme.js";
import "../lib/times.js";
import "../lib/toasts.js";
import { byId } from "../lib/dom.js";
import { allowDrafts, forgetDrafts } from "../lib/drafts.js";

const account = byId("recent-changes")?.dataset.account; // an agent's, who is signed in
if (account) allowDrafts(account);
document.querySelector("form.account")?.addEventListener("submit", forgetDrafts);
