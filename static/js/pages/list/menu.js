// The menu of the list: one for all cells, with the values to choose from. The focus is on the list
// of values, or in the box above it that filters a long one; `aria-activedescendant` names the value
// that the keys have reached.
import { byId, focusOn, parse } from "../../lib/dom.js";
import { results } from "./parts.js";

const MAX_SHORT = 8; // values that need no filter
const GAP = 4; // pixels between the menu, its cell and the window's edge
const TOUCH = matchMedia("(pointer: coarse)");
// As in the style sheet: here the menu hides parts of the values around it.
const NARROW = matchMedia("(width < 40rem)");

const menu = byId("menu");
const filter = byId("menu-filter");
const none = byId("menu-none");
const values = byId("menu-values");
let anchor = ""; // the id of what the menu belongs to
let returnTo = ""; // the id of what had the focus
let choose;

/** Return whether the menu is open on the element with this id. */
export const isOpenOn = (id) => id === anchor;

/**
 * Open the menu.
 *   on        the element that it belongs to
 *   name      what it chooses: with a value it names the icon, as in "status-open"
 *   label     its name for screen readers
 *   options   what to choose from: {value, text}
 *   current   the value that is checked
 *   onChoice  called with the chosen value, once the menu is closed
 */
export function openMenu({ on, name, label, options, current, onChoice }) {
  choose = onChoice;
  anchor = on.id;
  returnTo = document.activeElement.id || anchor;
  const lines = options.map((each, index) => line(each, index, name, each.value === current));
  values.replaceChildren(...lines);
  values.ariaLabel = filter.ariaLabel = label;
  values.style.height = filter.value = "";
  filter.hidden = options.length <= MAX_SHORT;
  none.hidden = true;
  menu.showPopover();
  place(on.closest("td") || on);
  // On a phone the box would open the keyboard over the values.
  focusOn(filter.hidden || TOUCH.matches ? values : filter);
  activate(values.querySelector("[aria-selected=true]"));
  if (on.ariaExpanded) on.ariaExpanded = "true";
}

function line({ value, text }, index, name, isCurrent) {
  const option = document.createElement("div");
  Object.assign(option, { id: `menu-${index}`, role: "option", className: "badge" });
  option.ariaSelected = String(isCurrent);
  option.textContent = text;
  option.dataset.value = value;
  const icon = `${name}-${value}`;
  if (byId(`i-${icon}`)) {
    option.classList.add(icon);
    option.prepend(parse(`<svg class="icon" aria-hidden="true"><use href="#i-${icon}"/></svg>`));
  }
  return option;
}

/** Place the menu below its cell, or above it where there is more room. It scrolls with the page. */
function place(cell) {
  cell.scrollIntoView({ block: "nearest" });
  const { left, top, bottom } = cell.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const room = { above: top - 2 * GAP, below: clientHeight - bottom - 2 * GAP };
  menu.style.maxHeight = `${Math.max(room.above, room.below)}px`;
  const { offsetWidth: width, offsetHeight: height } = menu;
  const y = height <= room.below ? bottom + GAP : top - GAP - height;
  const x = Math.max(GAP, Math.min(left, clientWidth - width - GAP));
  menu.style.top = `${y + scrollY}px`;
  menu.style.left = `${x + scrollX}px`;
  values.style.height = `${values.offsetHeight}px`; // stays while the filter hides values
}

const active = () => values.querySelector(".active");
const visible = () => [...values.children].filter((option) => !option.hidden);

function activate(option) {
  active()?.classList.remove("active");
  option?.classList.add("active");
  option?.scrollIntoView({ block: "nearest" });
  for (const part of [values, filter]) part.setAttribute("aria-activedescendant", option?.id ?? "");
}

const STEPS = {
  ArrowDown: (index, last) => Math.min(index + 1, last),
  ArrowUp: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_index, last) => last,
};

/** Go to the next value that begins with this letter. */
function jump(letter) {
  const all = visible();
  const next = all.indexOf(active()) + 1;
  const order = [...all.slice(next), ...all.slice(0, next)];
  const begins = ({ textContent }) => textContent.toLowerCase().startsWith(letter.toLowerCase());
  activate(order.find(begins) || active());
}

function take(option) {
  menu.hidePopover();
  choose(option.dataset.value);
}

menu.addEventListener("keydown", (event) => {
  const { key } = event;
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
  const all = visible();
  if (key === "Tab") return menu.hidePopover(); // and on from there
  if (key in STEPS) activate(all[STEPS[key](all.indexOf(active()), all.length - 1)]);
  else if (key === "Escape") menu.hidePopover();
  else if (key === "Enter" || (key === " " && event.target === values)) {
    if (active()) take(active());
  } else if (key.length === 1 && filter.hidden) jump(key);
  else return;
  event.preventDefault();
});

filter.addEventListener("input", () => {
  const text = filter.value.trim().toLowerCase();
  for (const option of values.children) {
    option.hidden = !option.textContent.toLowerCase().includes(text);
  }
  activate(text ? visible()[0] : values.querySelector("[aria-selected=true]"));
  none.hidden = visible().length > 0;
});

values.addEventListener("click", ({ target }) => {
  const option = target.closest("[role=option]");
  if (option) take(option);
});

// A finger beside the menu closes it, and changes nothing below it: the click that follows is lost.
let isBeside = false;
addEventListener(
  "pointerdown",
  ({ target }) => {
    isBeside = NARROW.matches && Boolean(anchor) && !menu.contains(target);
  },
  true,
);
addEventListener("pointercancel", () => {
  isBeside = false; // it scrolls
});
addEventListener(
  "click",
  (event) => {
    if (!isBeside) return;
    isBeside = false;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

// Rows may have been replaced while it was open.
menu.addEventListener("beforetoggle", ({ newState }) => {
  if (newState === "open") return;
  const on = byId(anchor);
  anchor = "";
  if (on?.ariaExpanded) on.ariaExpanded = "false";
  if (menu.contains(document.activeElement)) focusOn(byId(returnTo) || results());
});
