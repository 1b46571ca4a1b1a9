// The text that a pass shows at a time: what was signed, and on a phone's pass the phone's proof.

const PREFIX = "MP1:";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
export const STEP_MS = 30_000;

const SIGNED_AS = new TextEncoder().encode("menshen-pass/1");
// CBOR: an empty map; a map of one key, -65537, and the head of a string of 68 bytes.
const BARE = [0xa0];
const PROVEN = [0xa1, 0x3a, 0x00, 0x01, 0x00, 0x00, 0x58, 0x44];

/** Read what a link says behind its `#`; throws where that is no pass. */
export function readLink(fragment) {
  const [edition, ...parts] = fragment.split(".");
  if (edition !== "1" || parts.length !== 5) throw new Error("no pass, or one of another edition");
  const [head, tail, id, key, words] = parts.map(fromBase64url);
  return { ...JSON.parse(new TextDecoder().decode(words)), head, tail, id, key };
}

/** Take the phone's key into the browser, from where no script gets it out again; null: no key. */
export async function phoneKey({ key }) {
  if (key.length === 0) return null;
  const [d, x, y] = [0, 32, 64].map((at) => toBase64url(key.subarray(at, at + 32)));
  const jwk = { kty: "EC", crv: "P-256", d, x, y, ext: false, key_ops: ["sign"] };
  return crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
}

/** Write the code of a time; `key` is null for a pass that does not change. */
export async function codeAt(pass, key, atMs) {
  const header = key === null ? BARE : [...PROVEN, ...(await proof(pass.id, key, atMs))];
  return PREFIX + base45([...pass.head, ...header, ...pass.tail]);
}

async function proof(id, key, atMs) {
  const step = new Uint8Array(4);
  new DataView(step.buffer).setUint32(0, Math.floor(atMs / STEP_MS));
  const signed = new Uint8Array([...SIGNED_AS, ...id, ...step]);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, signed);
  return [...step, ...new Uint8Array(signature)];
}

function base45(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2) {
    const pair = at + 1 < bytes.length;
    let value = pair ? bytes[at] * 256 + bytes[at + 1] : bytes[at];
    for (let digit = 0; digit < (pair ? 3 : 2); digit += 1) {
      text += ALPHABET[value % 45];
      value = Math.floor(value / 45);
    }
  }
  return text;
}

function fromBase64url(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
