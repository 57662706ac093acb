/** Passkeys, asked of the browser (Web Authentication Level 3, W3C) as the server says, and its answers as JSON. */

const ADDRESS = /^\[|^\d+(\.\d+){3}$/;

/** Whether this browser has passkeys for this page: they are for a name, never for an address, and need TLS. */
export const usable = () => Boolean(window.PublicKeyCredential) && !ADDRESS.test(location.hostname);

/** What keeps a passkey from being shown: `status` where the server refused to ask, 0 where it was not reached. */
export class NotShown extends Error {
  constructor(status) {
    super(`not shown (${status})`);
    this.status = status;
  }
}

/** Shows a passkey to the server's `challenge` (an address); resolves to what to send. Throws a NotShown. */
export async function shown(challenge, csrf = "") {
  const options = await asked(challenge, csrf);
  const allowCredentials = decoded(options.allowCredentials);
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials };
  const { id, response } = await chosen(navigator.credentials.get({ publicKey }));
  const userHandle = response.userHandle?.byteLength ? text(response.userHandle) : null;
  const { clientDataJSON, authenticatorData, signature } = response;
  return { id, response: { ...texts({ clientDataJSON, authenticatorData, signature }), userHandle } };
}

/** Makes a passkey for the server's `challenge` (an address); resolves to what to send. Throws a NotShown. */
export async function made(challenge, csrf) {
  const options = await asked(challenge, csrf);
  const excludeCredentials = decoded(options.excludeCredentials);
  const user = { ...options.user, id: bytes(options.user.id) };
  const publicKey = { ...options, challenge: bytes(options.challenge), user, excludeCredentials };
  const { id, response } = await chosen(navigator.credentials.create({ publicKey }));
  const { clientDataJSON, attestationObject } = response;
  return { id, response: texts({ clientDataJSON, attestationObject }) };
}

async function asked(challenge, csrf) {
  const headers = { Accept: "application/json", "X-CSRF-Token": csrf };
  const answer = await fetch(challenge, { method: "POST", headers }).catch(() => null);
  if (!answer?.ok) throw new NotShown(answer?.status ?? 0);
  return answer.json();
}

async function chosen(asking) {
  const credential = await asking.catch(() => null); // whoever has none, or thinks better of it
  if (!credential) throw new NotShown(null);
  return credential;
}

const decoded = (keys = []) => keys.map(({ id, type }) => ({ id: bytes(id), type }));

const texts = (buffers) => Object.fromEntries(Object.entries(buffers).map(([name, each]) => [name, text(each)]));

/** Bytes of base64url (RFC 4648, 5). */
function bytes(encoded) {
  return Uint8Array.from(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.codePointAt(0));
}

/** Bytes in base64url, without padding. */
function text(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCodePoint(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
