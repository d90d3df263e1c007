// Write times in the reader's time zone, and keep ages up to date while a page is open. Worded like
// `tickets/web/times.py` and the filters `ago`, `wait` and `long_wait`.

const INTERVAL = 30000; // milliseconds
const DAY = 24 * 60; // minutes
const MONTH = 30 * DAY; // after which the server writes a date for "ago"

// Browsers know the names of time zones by the reader's own English, but write "Sept" in most.
const english = navigator.languages.find((language) => /^en\b/i.test(language)) || "en-GB";
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const day = { day: "numeric", month: "short", year: "numeric" };
const shortFormat = new Intl.DateTimeFormat("en-US", { ...day, ...clock });
const fullFormat = new Intl.DateTimeFormat(english, {
  ...day,
  ...clock,
  month: "long",
  timeZoneName: "short",
});

let translated = null; // how a translated page words ages and moments

function partsOf(format, moment) {
  return Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
}

function lengthOf(minutes, units) {
  const parts = [
    [Math.floor(minutes / DAY), "d"],
    [Math.floor(minutes / 60) % 24, "h"],
    [minutes % 60, "min"],
  ];
  const first = parts.findIndex(([count]) => count);
  const visible = parts.slice(first, first + (minutes >= 10 * DAY ? 1 : units));
  return visible.flatMap(([count, unit]) => (count ? `${count}\u00a0${unit}` : [])).join(" ");
}

function shortTime(moment, withClock) {
  const { day, month, year, hour, minute } = partsOf(shortFormat, moment);
  return `${day} ${month} ${year}${withClock ? `, ${hour}:${minute}` : ""}`;
}

function fullTime(moment) {
  if (translated) return translated.full(moment);
  const { day, month, year, hour, minute, timeZoneName } = partsOf(fullFormat, moment);
  return `${day} ${month} ${year}, ${hour}:${minute} ${timeZoneName}`;
}

function textOf(time, moment) {
  const { shows } = time.dataset;
  if (shows === "time") return shortTime(moment, true);
  const minutes = Math.floor((Date.now() - moment) / 60000);
  if (minutes < 1) return time.textContent; // the server's clock may be ahead
  if (translated) return translated.age(minutes, moment);
  if (shows) return lengthOf(minutes, shows === "long-wait" ? 2 : 1);
  if (minutes >= MONTH) return shortTime(moment, false);
  return `${lengthOf(minutes, 1)} ago`;
}

function update(time) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.valueOf())) return;
  const since = time.dataset.shows?.endsWith("wait") ? "since " : "";
  const [title, text] = [since + fullTime(moment), textOf(time, moment)];
  if (time.title !== title) time.title = title;
  if (time.textContent !== text) time.textContent = text;
}

function updateAll() {
  document.querySelectorAll("time[datetime]").forEach(update);
}

updateAll();
setInterval(updateAll, INTERVAL);
// Parts of a page arrive by htmx, by a morph or by a script of its own.
new MutationObserver(updateAll).observe(document.body, {
  childList: true,
  subtree: true,
  attributeFilter: ["datetime", "title"],
});

/** Word times in the page's language, which the browser knows. Only for pages with ages alone. */
export function translateTimes() {
  const { lang } = document.documentElement;
  if (lang === "en") return;
  const date = new Intl.DateTimeFormat(lang, { dateStyle: "long" });
  const full = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "long" });
  const ages = new Intl.RelativeTimeFormat(lang, { style: "short" });
  const units = { day: DAY, hour: 60, minute: 1 };
  const age = (minutes, moment) => {
    if (minutes >= MONTH) return date.format(moment);
    const unit = Object.keys(units).find((each) => minutes >= units[each]);
    return ages.format(-Math.floor(minutes / units[unit]), unit);
  };
  translated = { age, full: (moment) => full.format(moment) };
  updateAll();
}
