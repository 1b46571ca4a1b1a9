/** The record: newest first, filtered, live or of a span of time, never more than a page can carry. */

import { h } from "./dom.js";
import { lookUp, questionOf, spanOf } from "./history.js";
import { row, told } from "./row.js";
import { DECISIONS, EVENT_TYPES, SPANS, say, sayRecord } from "./words.js";

const KEPT = 1000;
const SHOWN = 200;
const PAUSE_MS = 250; // while somebody still types or chooses
const MACHINERY = new Set([ // is not what a guard looks for
  "reading-received", "gate-commanded", "device-online", "window-closed", "shadow-judged",
]);

export class Feed {
  /** `now` gives the gateway's time. */
  constructor(list, note, filters, now) {
    Object.assign(this, { list, note, filters, now });
    this.live = []; // oldest first
    this.found = null; // what a look back found, null while the page is live
    this.names = new Map();
    this.pending = false;
    this.top = null; // the newest event that is drawn, null once all must be drawn anew
    filters.addEventListener("input", () => this.changed());
    filters.addEventListener("submit", (submit) => submit.preventDefault());
    this.changed();
  }

  /** Take one event; a burst of them is drawn once. */
  add(event) {
    this.live.push(event);
    if (this.live.length > KEPT * 1.2) this.live = this.live.slice(-KEPT);
    if (this.found && event.seq > (this.found.at(-1)?.seq ?? 0)) this.found.push(event);
    this.redraw();
  }

  /** Forget everything: the gateway's record began anew. */
  clear() { this.live = []; this.changed(); }

  /** Offer these lanes, and every word in the tongue that is spoken now. */
  offer(lanes) {
    const { lane, type, decision, span } = this.filters.elements;
    this.names = new Map(lanes);
    const types = EVENT_TYPES.map((each) => [each, sayRecord(each)]);
    options(lane, [["", say("all")], ...lanes]);
    options(type, [["matters", say("matters")], ["", say("all")], ...types]);
    options(decision, [["", say("all")], ...DECISIONS.map((each) => [each, say(each)])]);
    options(span, SPANS.map((each) => [each, say(`span_${each}`)]));
    this.changed();
  }

  changed() {
    this.top = null;
    const { span } = this.filters.elements;
    this.filters.dataset.span = span.value || "live";
    this.asking?.abort();
    clearTimeout(this.pause);
    document.getElementById("table").href = `/api/v1/events.csv?${this.question()}`;
    if (span.value && span.value !== "live") this.pause = setTimeout(() => this.lookBack(), PAUSE_MS);
    else this.found = null;
    this.redraw();
  }

  span() {
    const { elements } = this.filters;
    const live = !elements.span.value || elements.span.value === "live";
    return live ? { from: null, to: null } : spanOf(elements, this.now());
  }

  question() { return questionOf(this.filters.elements, this.span()); }

  async lookBack() {
    const asking = this.asking = new AbortController();
    this.say(say("looking"));
    try {
      const { events, more } = await lookUp(this.question(), this.wanted(), KEPT, asking.signal);
      const last = events.at(-1)?.seq ?? 0;
      this.found = [...events, ...this.live.filter((event) => event.seq > last)];
      this.more = more;
    } catch (error) {
      if (asking.signal.aborted) return;
      this.found = [];
      this.more = false;
      this.failed = `${say("lookingFailed")}: ${error.message}`;
    }
    this.top = null;
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

  /** Put what is new on top; what is there stays, so that somebody can go on reading it. */
  draw() {
    const events = this.found ?? this.live;
    const wanted = this.wanted();
    const rows = [];
    for (let at = events.length - 1; at >= 0 && rows.length < SHOWN; at--) {
      if (this.top !== null && events[at].seq <= this.top) break;
      if (wanted(events[at])) rows.push(row(events[at], this.names));
    }
    if (this.top === null) this.list.replaceChildren(...rows);
    else this.list.prepend(...rows);
    while (this.list.children.length > SHOWN) this.list.lastElementChild.remove();
    this.top = events.at(-1)?.seq ?? this.top;
    this.annotate();
  }

  annotate() {
    const shown = this.list.children.length;
    const more = this.found && (this.more || (shown === SHOWN && this.found.length > SHOWN));
    if (this.failed) this.say(this.failed);
    else if (shown === 0) this.say(say("noEvents"));
    else this.say(more ? say("moreThanShown", shown) : "");
    this.failed = null;
  }

  say(text) { this.note.textContent = text; }

  wanted() {
    const { lane, type, decision, text } = this.filters.elements;
    const sought = text.value.trim().toLowerCase();
    const { from, to } = this.span();
    return (event) => (!lane.value || event.lane === lane.value)
      && (type.value === "matters" ? !MACHINERY.has(event.type) : !type.value || event.type === type.value)
      && (!decision.value || event.decision === decision.value)
      && (from === null || Date.parse(event.at) >= from) && (to === null || Date.parse(event.at) < to)
      && (!sought || told(event).toLowerCase().includes(sought)
        || (event.reasons ?? []).join(" ").includes(sought));
  }
}

function options(select, words) {
  const chosen = select.options.length ? select.value : words[0][0];
  select.replaceChildren(...words.map(([value, label]) => h("option", { value }, label)));
  select.value = chosen;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}
