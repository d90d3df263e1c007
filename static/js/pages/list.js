// The ticket list.
import "./base.js";
import "./list/refresh.js";
import "./list/shortcuts.js";
import { byId, focusOn } from "../lib/dom.js";
import { showCurrentView } from "./list/filters.js";
import { linkOf, results, rows } from "./list/parts.js";
import { prepare } from "./list/rows.js";
import { countSelected } from "./list/selection.js";

rows().forEach(prepare);

// The page opens, perhaps on the way back from a ticket.
const anchor = location.hash.startsWith("#open-") ? location.hash.slice(1) : "";
const row = history.state?.row || anchor.replace("open", "row");
if (row) focusOn(byId(row) ? linkOf(byId(row)) : results());
if (anchor)
  history.replaceState({ ...history.state, row }, "", location.pathname + location.search);
countSelected();
showCurrentView();
