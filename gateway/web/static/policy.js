/** Which policy judges: its name in the bar; what was refused, ordered or is tried, above the lanes. */

import { h, patch, remember } from "./dom.js";
import { say, spoken } from "./words.js";

const CHANGES = /^(policy|order|shadow)-/; // types of events after which the gateway is asked anew
const SOON_MS = 200; // several of them come together

export class PolicyLine {
  /** `act` begins an act; `role` is whose page this is. */
  constructor(bar, lines, role, act) {
    Object.assign(this, { bar, lines, role, act, told: null, timer: null, newest: 0 });
  }

  /** Take an event of the stream, the old ones of a page just opened too. */
  event({ type }) {
    if (!CHANGES.test(type) || this.timer !== null) return;
    this.timer = setTimeout(() => { this.timer = null; this.ask(); }, SOON_MS);
  }

  async ask() {
    const asked = ++this.newest;
    try {
      const answer = await fetch("/api/v1/policy");
      if (!answer.ok) return;
      const told = await answer.json();
      if (asked !== this.newest) return; // a later question was answered first
      this.told = told;
      this.draw();
    } catch { /* the banner says that the gateway is away; it is asked again when it is back */ }
  }

  draw() {
    const told = this.told;
    if (told === null) return;
    this.bar.textContent = `${say("policy")} ${told.name} · ${told.policy.slice(0, 8)}`;
    this.bar.title = told.policy;
    patch(this.lines, remember(h("div", { id: "policy-lines" },
      h("p", { role: "alert", class: "policy-refused", hidden: !told.refused },
        told.refused && h("b", {}, say("policyRefused")), told.refused && h("span", {}, told.refused.fault)),
      h("ul", { class: "policy-orders", hidden: told.orders.length === 0 }, told.orders.map((order) => this.order(order))),
      h("p", { class: "policy-shadow", hidden: !(told.shadow && this.role === "admin") },
        told.shadow && shadowLine(told.shadow)))));
  }

  order({ order, name, ends }) {
    return h("li", { "data-order": order },
      h("span", {}, h("b", {}, say("orderStands")), ` ${name} · ${order} · ${say("until", clock(ends))}`),
      this.role !== "viewer" && h("button", { type: "button", "data-act": "suspend", "data-target": order,
        onclick: () => this.act("suspend", null, order) }, say("act_suspend")));
  }
}

function shadowLine({ name, judged, differences }) {
  const count = differences.reduce((sum, each) => sum + each.count, 0);
  const kinds = differences.map(({ decision, shadow, count: n }) => `${say(decision)} → ${say(shadow)} ${n}`);
  return [say("shadowTold", name, count, judged), ...kinds].join(" · ");
}

function clock(at) {
  const locale = spoken() === "zh" ? "zh-CN" : "en-GB";
  return new Date(at).toLocaleString(locale, { dateStyle: "short", timeStyle: "short" });
}
