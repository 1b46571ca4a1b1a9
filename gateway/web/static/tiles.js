/** One tile a lane: what a guard must know across the room. */

import { alarmList } from "./alarms.js";
import { h, remember, shape } from "./dom.js";
import { ago, degrees, say, sayBoth, sayReasons, sayRecord } from "./words.js";

const FRESH_MS = 15_000; // as long as the person may still stand there

/** The lane's name in the tongue that is spoken, else its id. */
export function laneName(view) { return sayBoth(view.name) || view.lane; }

/**
 * Draw one lane, its times still empty (`retime` fills them in); `may` tells whether acts are
 * offered, `act(kind, view, target)` starts one, `names` has those of visits that a guard may see.
 * Every tile has the same parts in the same order.
 */
export function tile(view, may, act, names) {
  return remember(h("article", {
    class: "tile", "data-lane": view.lane, "data-mode": view.mode, "data-direction": view.direction,
    "data-decision": shown(view), "aria-label": laneName(view),
  },
    head(view), mode(view), lastPerson(view, names), referred(view, may, act, names), present(view, names),
    offline(view), alarmList(view.alarms.filter((alarm) => alarm.lane !== null), view, may, act),
    may ? acts(view, act) : nothing(), h("p", { class: "not-live" }, say("notLive"))));
}

/** Fill in how long ago things were, and whether the last person may still stand there. */
export function retime(element, view, now) {
  for (const time of element.querySelectorAll("time")) {
    const told = ago(now - Date.parse(time.dateTime));
    if (time.textContent !== told) time.textContent = told;
  }
  element.dataset.fresh = String(isFresh(view, now));
}

function isFresh(view, now) {
  if (shown(view) === "none") return false;
  const waits = view.referred.some((each) => each.event === view.last.event && !each.answered);
  return waits || now - Date.parse(view.last.at) < FRESH_MS;
}

/** What the tile's panel says: while a lane stands released, nobody is judged. */
function shown(view) { return view.mode === "released" ? "none" : view.last?.decision ?? "none"; }

function nothing() { return h("p", { hidden: true }); }

function head(view) {
  const { door, online } = view.gate;
  return h("header", { class: "tile-head" },
    h("h2", {}, shape(view.direction), h("span", {}, laneName(view))),
    h("p", { class: "door", "data-door": door, "data-online": String(online) },
      shape(`door-${online ? door : "unknown"}`), h("span", {}, say(online ? `door_${door}` : "doorOffline"))));
}

function mode(view) {
  if (view.mode === "normal") return nothing();
  return h("p", { class: "mode" }, shape(view.mode === "lockdown" ? "shape-deny" : "in"),
    h("b", {}, say(`mode_${view.mode}`)), h("span", {}, say(`mode_${view.mode}_${view.direction}`)));
}

/** The name on a credential, which lasts as long as its visit. */
function person(names, visit) {
  const known = names.get(visit);
  if (!known) return null;
  const told = [known.name, known.born, known.name ? null : known.number].filter(Boolean);
  return h("span", { class: "person" }, told.join(" · "));
}

function lastPerson(view, names) {
  const decision = shown(view);
  if (decision === "none") {
    const word = view.direction === "out" ? "wayOut" : view.mode === "released" ? "unchecked" : "none";
    return h("div", { class: "last" }, h("div", { class: "panel" }, shape("shape-none"), h("strong", {}, say(word))));
  }
  const { last } = view;
  return h("div", { class: "last" }, h("div", { class: "panel" }, shape(`shape-${decision}`),
    h("strong", {}, say(decision)),
    h("p", { class: "reason", "data-reasons": last.reasons.join(" ") }, sayReasons(last.reasons, last.say)),
    h("div", { class: "last-facts" },
      h("span", { class: "celsius", "data-some": String(degrees(last.celsius) !== null) },
        degrees(last.celsius) ?? say("noTemperature")),
      h("time", { datetime: last.at }), person(names, last.visit),
      last.credential && h("span", { class: "credential", "data-status": last.credential.status },
        [last.credential.kind, last.credential.status].filter(Boolean).map(sayRecord).join(" · ")))));
}

/** Those who were sent to a guard before the last person and still wait. */
function referred(view, may, act, names) {
  const others = view.referred.filter((each) => !each.answered && each.event !== view.last?.event);
  if (others.length === 0) return nothing();
  return h("ul", { class: "referred" }, others.map((each) => h("li", {}, shape("shape-refer"),
    h("span", {}, `${say("stillWaits")} · `, h("time", { datetime: each.at })), person(names, each.visit),
    may && button("measure", view, act, each.visit))));
}

function present(view, names) {
  const some = view.waiting > 0;
  const parts = some || !view.visit ? [h("span", { class: "waiting", "data-some": String(some) },
    shape("people"), h("b", {}, some ? say("waiting", view.waiting) : say("nobody")))] : [];
  if (view.visit) {
    parts.push(h("span", { class: "visit" }, `${say("visit")} · `, h("time", { datetime: view.visit.since })),
      person(names, view.visit.id));
    parts.push(...view.visit.has.map((what) => h("span", { class: "chip has" }, `✓ ${say(what)}`)));
    parts.push(...view.visit.lacks.map((what) => h("span", { class: "chip lacks" }, `… ${say(what)}`)));
  }
  if (view.grant) parts.push(h("span", { class: "chip may" }, `➜ ${say("grant")}`));
  const idle = !some && !view.visit && !view.grant;
  return h("p", { class: "present", "data-idle": String(idle) }, parts);
}

function offline(view) {
  const gone = view.devices.filter(({ device, online }) => !online && device !== view.gate.device);
  if (gone.length === 0) return nothing(); // the gate itself is told beside the door
  return h("p", { class: "offline" }, shape("alarm"), h("span", {}, `${say("offlineDevices")}: `,
    gone.map(({ device, role }) => `${sayRecord(role)} ${device}`).join(" · ")));
}

function acts(view, act) {
  const measurable = view.referred.some((each) => each.event === view.last?.event);
  return h("footer", { class: "acts" },
    view.mode !== "released" && button("open", view, act),
    measurable && shown(view) === "refer" && button("measure", view, act, view.last.visit),
    view.mode === "normal" && view.direction === "in" && button("visit", view, act),
    view.mode === "normal" && view.direction === "in" && button("lock", view, act),
    view.mode !== "released" && button("release", view, act),
    view.mode !== "normal" && button("restore", view, act));
}

function button(kind, view, act, target) {
  return h("button", {
    type: "button", "data-act": kind, "data-target": target, onclick: () => act(kind, view, target),
  }, say(`act_${kind}`));
}
