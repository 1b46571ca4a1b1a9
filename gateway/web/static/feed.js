/** The record as it grows: newest first, filtered, never more than a page can carry. */

import { h, shape } from "./dom.js";
import { EVENT_TYPES, degrees, say, sayReason, sayRecord } from "./words.js";

const KEPT = 1000;
const SHOWN = 150;
const DECISIONS = ["admit", "deny", "refer"];

export class Feed {
  constructor(list, none, filters) {
    this.list = list;
    this.none = none;
    this.filters = filters;
    this.events = []; // oldest first
    this.pending = false;
    this.names = new Map();
    filters.addEventListener("input", () => this.redraw());
    filters.addEventListener("submit", (submit) => submit.preventDefault());
  }

  /** Take one event; a burst of them is drawn once. */
  add(event) {
    this.events.push(event);
    if (this.events.length > KEPT * 1.2) this.events = this.events.slice(-KEPT);
    this.redraw();
  }

  /** Forget everything: the gateway's record began anew. */
  clear() { this.events = []; this.redraw(); }

  /** Offer these lanes, and every word in the tongue that is spoken now. */
  offer(lanes) {
    const { lane, type, decision } = this.filters.elements;
    this.names = new Map(lanes);
    options(lane, lanes);
    options(type, EVENT_TYPES.map((each) => [each, sayRecord(each)]));
    options(decision, DECISIONS.map((each) => [each, say(each)]));
    this.redraw();
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw();
    });
  }

  draw() {
    const wanted = this.wanted();
    const rows = [];
    for (let at = this.events.length - 1; at >= 0 && rows.length < SHOWN; at--) {
      if (wanted(this.events[at])) rows.push(row(this.events[at], this.names));
    }
    this.list.replaceChildren(...rows);
    this.none.hidden = rows.length > 0;
  }

  wanted() {
    const { lane, type, decision, text } = this.filters.elements;
    const sought = text.value.trim().toLowerCase();
    return (event) => (!lane.value || event.lane === lane.value)
      && (!type.value || event.type === type.value)
      && (!decision.value || event.decision === decision.value)
      && (!sought || told(event).toLowerCase().includes(sought)
        || (event.reasons ?? []).join(" ").includes(sought));
  }
}

function options(select, words) {
  const chosen = select.value;
  select.replaceChildren(h("option", { value: "" }, say("all")),
    ...words.map(([value, label]) => h("option", { value }, label)));
  select.value = chosen;
}

function row(event, names) {
  const mark = event.decision ? `shape-${event.decision}` : event.type.includes("alarm") ? "alarm" : null;
  return h("li", { "data-seq": event.seq, "data-type": event.type, "data-decision": event.decision },
    h("time", { datetime: event.at }, clock(event.at)),
    h("span", { class: "mark" }, mark && shape(mark)),
    h("div", {},
      h("p", {}, h("b", {}, event.decision ? say(event.decision) : sayRecord(event.type)),
        event.lane && h("span", { class: "where" }, names.get(event.lane) ?? event.lane),
        degrees(event.celsius) && h("span", { class: "celsius" }, degrees(event.celsius))),
      h("p", { class: "told" }, told(event))));
}

/** What an event says besides its type, in one line. */
function told(event) {
  const words = [];
  if (event.act) words.push(sayRecord(event.act));
  if (event.alarm) words.push(sayReason(event.alarm));
  words.push(...(event.reasons ?? []).map(sayReason));
  if (event.credential?.kind) {
    words.push(`${sayRecord(event.credential.kind)} ${sayRecord(event.credential.status ?? "")}`);
  }
  if (typeof event.reason === "string" && event.reason) words.push(sayReason(event.reason));
  if (event.by) words.push(`${say("by")} ${event.by}`);
  if (event.device) words.push(event.device);
  return words.join(" · ");
}

function clock(at) {
  const when = new Date(at);
  return [when.getHours(), when.getMinutes(), when.getSeconds()]
    .map((part) => String(part).padStart(2, "0")).join(":");
}
