// What every page does.
import "../lib/send_once.js";
import "../lib/shortcuts.js";
import "../lib/theme.js";
import "../lib/times.js";
import "../lib/toasts.js";
import { forgetDrafts } from "../lib/drafts.js";

document.querySelector("form.account")?.addEventListener("submit", forgetDrafts);
