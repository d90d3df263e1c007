// The ticket list.
import "./base.js";
import "./list/refresh.js";
import "./list/shortcuts.js";
import { byId, focusOn } from "../lib/dom.js";
import { showCurrentView } from "./list/filters.js";
import { linkOf, results } from "./list/parts.js";
import { countSelected } from "./list/selection.js";

// The page opens, perhaps on the way back from a ticket.
const anchor = location.hash.startsWith("#open-") ? location.hash.slice(1) : "";
const row = history.state?.row || anchor.replace("open", "row");
if (row) focusOn(byId(row) ? linkOf(byId(row)) : results());
if (anchor)
  history.replaceState({ ...history.state, row }, "", location.pathname + location.search);
countSelected();
showCurrentView();
