// Passkeys: the browser makes one or signs with one, and the form sends its answer.
import "./base.js";

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
    character.charCodeAt(0),
  );

const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const credentials = (list = []) => list.map((entry) => ({ ...entry, id: bytesOf(entry.id) }));

async function ask(kind, options) {
  const publicKey = { ...options, challenge: bytesOf(options.challenge) };
  if (kind === "create") {
    publicKey.user = { ...options.user, id: bytesOf(options.user.id) };
    publicKey.excludeCredentials = credentials(options.excludeCredentials);
    return navigator.credentials.create({ publicKey });
  }
  publicKey.allowCredentials = credentials(options.allowCredentials);
  return navigator.credentials.get({ publicKey });
}

function asJson({ id, rawId, type, response }) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature"];
  const sent = parts.filter((part) => response[part]);
  return JSON.stringify({
    id,
    rawId: textOf(rawId),
    type,
    clientExtensionResults: {},
    response: Object.fromEntries(sent.map((part) => [part, textOf(response[part])])),
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const error = form.querySelector("[data-passkey-error]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.hidden = true;
    try {
      const { passkey, options } = form.dataset;
      form.elements.answer.value = asJson(await ask(passkey, JSON.parse(options)));
      form.submit();
    } catch {
      error.textContent = form.dataset.failed;
      error.hidden = false;
    }
  });
}
