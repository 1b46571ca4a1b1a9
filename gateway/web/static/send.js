/** Sending an act, and saying honestly what became of it. */

import { say, sayBoth } from "./words.js";

const PATIENCE_MS = 10_000; // an opening lives for one second or a few; past this nobody answers

const DONE = { measure: "state_measured", visit: "state_visit" };
const TONES = { opened: "good", done: "good", commanded: "wait", unknown: "bad" };

/** Post an act; the answer is `{done, tone, text}`, `done` once it need not be sent again. */
export async function post({ url, key, body, kind }) {
  const headers = { "Idempotency-Key": key, "Content-Type": "application/json" };
  try {
    const answer = await fetch(url, {
      method: "POST", headers, body: JSON.stringify(body ?? {}), signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const said = await answer.json();
    if (!answer.ok) return failed(answer.status, said);
    const word = (said.state === "done" && DONE[kind]) || `state_${said.state}`;
    return { done: true, tone: TONES[said.state] ?? "wait", text: say(word) };
  } catch {
    return { done: false, tone: "bad", text: say("unreachable") };
  }
}

function failed(status, said) {
  const why = { 401: say("signedOut"), 403: say("roleTooLow") }[status]
    ?? (said.refused ? sayBoth(said) : said.detail);
  return { done: false, tone: "bad", text: `${say("failed")}: ${why}` };
}

/** A key that makes a repeated act the same act. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
