// Keep relative times up to date while a page is open, worded like the filters `ago` and `wait`.

const INTERVAL = 30000; // milliseconds
const MONTH = 30 * 24 * 60; // minutes after which the server writes a date

function update(time) {
  const minutes = Math.floor((Date.now() - new Date(time.dateTime)) / 60000);
  if (minutes < 1 || minutes >= MONTH) return;
  const [unit, name] = minutes < 60 ? [1, "min"] : minutes < 24 * 60 ? [60, "h"] : [24 * 60, "d"];
  const length = `${Math.floor(minutes / unit)} ${name}`;
  time.textContent = "wait" in time.dataset ? length : `${length} ago`;
}

setInterval(() => document.querySelectorAll("time").forEach(update), INTERVAL);
