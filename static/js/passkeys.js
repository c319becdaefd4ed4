"use strict";

// Passkeys: the server's options go to the browser, its answer goes back in a form.
// Binary values travel as base64url, which the browser's interface does not take.
const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

const toText = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

const withBytes = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));

async function make(options, form) {
  const alone = form.elements.passwordless.checked;
  const publicKey = {
    ...options.publicKey,
    challenge: toBytes(options.publicKey.challenge),
    user: { ...options.publicKey.user, id: toBytes(options.publicKey.user.id) },
    excludeCredentials: withBytes(options.publicKey.excludeCredentials),
  };
  publicKey.authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
  };
  if (alone) publicKey.authenticatorSelection.userVerification = "required";
  const made = await navigator.credentials.create({ publicKey });
  return answer(made, {
    attestationObject: toText(made.response.attestationObject),
    transports: made.response.getTransports ? made.response.getTransports() : [],
  });
}

async function use(options) {
  const publicKey = {
    ...options.publicKey,
    challenge: toBytes(options.publicKey.challenge),
    allowCredentials: withBytes(options.publicKey.allowCredentials),
  };
  const used = await navigator.credentials.get({ publicKey });
  const { authenticatorData, signature, userHandle } = used.response;
  return answer(used, {
    authenticatorData: toText(authenticatorData),
    signature: toText(signature),
    userHandle: userHandle ? toText(userHandle) : null,
  });
}

const answer = (credential, response) => ({
  id: credential.id,
  rawId: toText(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment,
  clientExtensionResults: credential.getClientExtensionResults(),
  response: { clientDataJSON: toText(credential.response.clientDataJSON), ...response },
});

async function optionsOf(form) {
  const { options: place, optionsFrom } = form.dataset;
  const given = place ? JSON.parse(document.getElementById(place).textContent) : await fetchOptions(optionsFrom);
  return given.creation_options || given.request_options;
}

async function fetchOptions(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("The server gave no options.");
  return response.json();
}

async function send(form) {
  const word = form.querySelector("[data-passkey-word]");
  word.hidden = true;
  try {
    const options = await optionsOf(form);
    const credential = form.dataset.passkey === "make" ? await make(options, form) : await use(options);
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    word.textContent =
      error.name === "InvalidStateError"
        ? "This device already has a passkey for your account."
        : "That came to nothing: it was cancelled, took too long, or no passkey fits.";
    word.hidden = false;
  }
}

for (const form of window.PublicKeyCredential ? document.querySelectorAll("[data-passkey]") : []) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
