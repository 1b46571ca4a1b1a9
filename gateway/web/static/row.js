/** One line of the record. */

import { h, shape } from "./dom.js";
import { degrees, say, sayReason, sayRecord } from "./words.js";

/** Draw an event; `names` holds the lanes' names by id. */
export function row(event, names) {
  const mark = event.decision ? `shape-${event.decision}` : event.type.includes("alarm") ? "alarm" : null;
  const why = event.type === "passage-decided" ? event.id : null;
  return h("li", { "data-seq": event.seq, "data-type": event.type, "data-decision": event.decision, "data-why": why },
    h("time", { datetime: event.at }, clock(event.at)),
    h("span", { class: "mark" }, mark && shape(mark)),
    h("div", {},
      h("p", {}, h("b", {}, event.decision ? say(event.decision) : sayRecord(event.type)),
        event.lane && h("span", { class: "where" }, names.get(event.lane) ?? event.lane),
        degrees(event.celsius) && h("span", { class: "celsius" }, degrees(event.celsius))),
      h("p", { class: "told" }, told(event),
        why && h("button", { type: "button", class: "quiet why-button", "aria-haspopup": "dialog" }, say("why")))));
}

/** What an event says besides its type, in one line. */
export function told(event) {
  const words = [];
  words.push(...[event.act, event.how].filter(Boolean).map(sayRecord));
  if (event.alarm) words.push(sayReason(event.alarm));
  words.push(...(event.reasons ?? []).map(sayReason));
  if (event.credential?.kind) {
    words.push(`${sayRecord(event.credential.kind)} ${sayRecord(event.credential.status ?? "")}`.trim());
  }
  if (typeof event.reason === "string" && event.reason) words.push(sayReason(event.reason));
  if (event.refused) words.push(`${say("failed")}: ${sayReason(event.refused)}`);
  for (const word of [event.name, event.order, event.fault]) if (typeof word === "string") words.push(word);
  if (event.by) words.push(`${say("by")} ${event.by}`);
  if (event.device) words.push(event.device);
  return words.join(" · ");
}

function clock(at) {
  const when = new Date(at);
  const time = [when.getHours(), when.getMinutes(), when.getSeconds()].map(two).join(":");
  const today = when.toDateString() === new Date().toDateString();
  return today ? time : `${two(when.getMonth() + 1)}-${two(when.getDate())} ${time}`;
}

function two(part) { return String(part).padStart(2, "0"); }
