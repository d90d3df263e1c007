// Keep relative times up to date while a page is open, worded like the filters `ago`, `wait` and
// `long_wait`.

const INTERVAL = 30000; // milliseconds
const DAY = 24 * 60; // minutes
const MONTH = 30 * DAY; // after which the server writes a date for "ago"

function update(time) {
  const minutes = Math.floor((Date.now() - new Date(time.dateTime)) / 60000);
  const { wait } = time.dataset;
  if (minutes < 1 || (!wait && minutes >= MONTH)) return;
  const text = lengthOf(minutes, wait === "long" ? 2 : 1);
  time.textContent = wait ? text : `${text} ago`;
}

function lengthOf(minutes, units) {
  const parts = [
    [Math.floor(minutes / DAY), "d"],
    [Math.floor(minutes / 60) % 24, "h"],
    [minutes % 60, "min"],
  ];
  const first = parts.findIndex(([count]) => count);
  const visible = parts.slice(first, first + (minutes >= 10 * DAY ? 1 : units));
  return visible.flatMap(([count, unit]) => (count ? `${count} ${unit}` : [])).join(" ");
}

setInterval(() => document.querySelectorAll("time").forEach(update), INTERVAL);
