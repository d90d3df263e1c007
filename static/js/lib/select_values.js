// What the save queue asks of a page whose values are native selects, see save_queue.js.
import { byId } from "./dom.js";

// Buttons choose values, too, but show none.
function selectOf(id) {
  const control = byId(id);
  return control?.localName === "select" ? control : null;
}

function storedValue(select) {
  const options = [...select.options];
  return (options.find((option) => option.defaultSelected) || options[0]).value;
}

export const selectValues = {
  isStored({ id, values }) {
    const select = selectOf(id);
    return Boolean(select) && storedValue(select) === values[select.name];
  },
  reset({ id }) {
    const select = selectOf(id);
    if (select) select.value = storedValue(select);
  },
};

/** Show the unsaved values again in a part of the page that was updated. */
export function restoreValues(part, queue) {
  for (const select of part.querySelectorAll("select")) {
    const values = queue.unsaved(select.id);
    if (values) select.value = values[select.name];
  }
}
