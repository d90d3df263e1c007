// What every page does.
import "../lib/send_once.js";
import "../lib/shortcuts.js";
import "../lib/theme.js";
import "../lib/times.js";
import "../lib/toasts.js";
