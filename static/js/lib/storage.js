// The browser's storage. Where a browser forbids it, nothing is stored and reading returns null.

function storage(name) {
  function attempt(action) {
    try {
      return action(window[name]);
    } catch {
      return null;
    }
  }
  return {
    read: (key) => attempt((area) => area.getItem(key)),
    readJSON: (key) => attempt((area) => JSON.parse(area.getItem(key))),
    write: (key, value) => attempt((area) => area.setItem(key, value)),
    writeJSON: (key, value) => attempt((area) => area.setItem(key, JSON.stringify(value))),
    remove: (key) => attempt((area) => area.removeItem(key)),
    keys: () => attempt((area) => Object.keys(area)) || [],
  };
}

export const session = storage("sessionStorage");
export const local = storage("localStorage");
