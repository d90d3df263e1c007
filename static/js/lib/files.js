// Files in forms: they are chosen, pasted or dropped, listed with a button to remove each, and sent
// with their progress. Without scripts the field works as browsers show it.
import { toast } from "./toasts.js";

const MIB = 1048576;

const boxOf = (form) => form?.querySelector("[data-files]");
const inputOf = (box) => box.querySelector("[type=file]");
const chosen = new WeakMap(); // input -> its files, which choosing again would replace

document.addEventListener("change", ({ target }) => {
  const box = target.closest?.("[data-files]");
  if (box && target.type === "file") add(box, target.files);
});

document.addEventListener("paste", (event) => {
  const box = boxOf(event.target.closest?.("form"));
  if (!box || !event.clipboardData.files.length) return;
  event.preventDefault();
  add(box, event.clipboardData.files);
});

// A file that misses the form must not replace the page, and with it what was typed.
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    const forms = [event.target.closest?.("form"), ...document.forms];
    const box = forms.map(boxOf).find(Boolean);
    if (!box || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    if (name === "drop") add(box, event.dataTransfer.files);
  });
}

function add(box, added) {
  const files = [...(chosen.get(inputOf(box)) || [])];
  const { mb, ticketMb, count, tooLarge, tooMuch, tooMany } = box.dataset;
  let problem = "";
  for (const file of added) {
    const total = files.reduce((sum, { size }) => sum + size, file.size);
    if (file.size > mb * MIB) problem = tooLarge.replace("{name}", () => file.name);
    else if (total > ticketMb * MIB) problem = tooMuch;
    else if (files.length >= count) problem = tooMany;
    else files.push(file);
  }
  put(box, files);
  say(box, problem);
}

function say(box, text) {
  const line = box.querySelector("[role=alert]");
  line.textContent = text;
  line.hidden = !text;
}

function put(box, files) {
  const input = inputOf(box);
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  input.files = transfer.files;
  chosen.set(input, files);
  const list = box.querySelector(".chosen");
  for (const line of list.querySelectorAll("[data-chosen]")) line.remove();
  list.append(...files.map((file) => lineOf(box, file)));
}

function lineOf(box, file) {
  const line = document.createElement("li");
  line.dataset.chosen = "";
  const name = Object.assign(document.createElement("span"), { textContent: file.name });
  name.dir = "auto";
  const size = Object.assign(document.createElement("span"), { textContent: sizeOf(file) });
  size.className = "small";
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "link",
    textContent: box.dataset.remove,
    ariaLabel: `${box.dataset.remove}: ${file.name}`,
  });
  button.addEventListener("click", () => {
    const input = inputOf(box);
    put(
      box,
      chosen.get(input).filter((each) => each !== file),
    );
    say(box, "");
    input.focus();
  });
  line.append(name, size, button);
  return line;
}

function sizeOf({ size }) {
  let [value, unit] = [size, "byte"];
  if (size >= MIB) [value, unit] = [size / MIB, "megabyte"];
  else if (size >= 1024) [value, unit] = [size / 1024, "kilobyte"];
  // Short units have no plural: "6 byte".
  const unitDisplay = unit === "byte" ? "long" : "short";
  const options = { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, options).format(value);
}

/** Forget the files of a form whose answer has come: it lists what the server has. */
export function clearFiles(form) {
  const box = boxOf(form);
  if (box) put(box, []);
}

const hasFiles = (form) => Boolean(inputOf(boxOf(form) || form)?.files.length);

function showProgress(form, share) {
  const bar = boxOf(form).querySelector("progress");
  bar.hidden = share === null;
  if (share !== null) bar.value = share;
}

// --- Sending with htmx ---

document.addEventListener("htmx:configRequest", ({ detail }) => {
  // A slow connection may need minutes.
  if (hasFiles(detail.elt)) detail.timeout = 0;
});
document.addEventListener("htmx:xhr:progress", ({ target, detail }) => {
  if (hasFiles(target) && detail.lengthComputable)
    showProgress(target, detail.loaded / detail.total);
});
document.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => {
  if (boxOf(elt)) showProgress(elt, null);
});

// --- Sending without htmx: a request of our own, for the progress; see send_once.js ---

document.addEventListener("upload", (event) => {
  const form = event.target;
  if (!hasFiles(form)) return;
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.upload.onprogress = ({ loaded, total }) => showProgress(form, loaded / total);
  request.onload = () => {
    const address = request.getResponseHeader("HX-Redirect");
    if (address) location.assign(address);
    // The answer is a page with errors, which the browser shows if it sends the form itself.
    else HTMLFormElement.prototype.submit.call(form);
  };
  request.onerror = () => {
    form.removeAttribute("aria-busy");
    showProgress(form, null);
    toast(document.body.dataset.unreachable);
  };
  request.send(new FormData(form));
});
