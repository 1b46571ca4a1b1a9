/** Looking back: the record of a span of time, asked of the gateway page by page. */

const PAGE = 1000; // what the gateway gives at most
const MAX_PAGES = 20; // a longer look back is the table's, not the page's

const SPANS_MS = { hour: 3_600_000, day: 86_400_000 };

/** The span that was chosen as `{from, to}` in Unix ms, either null where it is open. */
export function spanOf({ span, from, to }, now) {
  if (span.value === "custom") return { from: local(from.value), to: local(to.value) };
  return { from: now - SPANS_MS[span.value], to: null };
}

/** The questions to the API for filters and a span. */
export function questionOf({ lane, type, decision }, span) {
  const asked = {
    lane: lane.value, type: type.value === "matters" ? "" : type.value, decision: decision.value,
    from: span.from === null ? "" : new Date(span.from).toISOString(),
    to: span.to === null ? "" : new Date(span.to).toISOString(),
  };
  return new URLSearchParams(Object.entries(asked).filter(([, value]) => value));
}

/** Read the events of a question; the newest `keep` that `wanted` wants, and whether there are more. */
export async function lookUp(question, wanted, keep, signal) {
  let events = [];
  let more = false;
  let after = 0;
  for (let page = 0; page < MAX_PAGES; page++) {
    const asked = new URLSearchParams(question);
    asked.set("after", after);
    asked.set("limit", PAGE);
    const answer = await fetch(`/api/v1/events?${asked}`, { signal });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail);
    events.push(...said.events.filter(wanted));
    more ||= events.length > keep;
    events = events.slice(-keep);
    if (said.next === null) return { events, more };
    after = said.next;
  }
  return { events, more: true };
}

function local(text) {
  const at = text ? Date.parse(text) : NaN; // without a zone it is this machine's own time
  return Number.isNaN(at) ? null : at;
}
