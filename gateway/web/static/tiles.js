/** One tile a lane: what a guard must know across the room. */

import { h, shape } from "./dom.js";
import { ago, degrees, say, sayBoth, sayReason, sayRecord } from "./words.js";

const FRESH_MS = 15_000; // as long as the person may still stand there

/** The lane's name in the tongue that is spoken, else its id. */
export function laneName(view) { return sayBoth(view.name) || view.lane; }

/** Draw one lane; `may` tells whether acts are offered, `act(kind, view, target)` starts one. */
export function tile(view, now, may, act) {
  const decision = view.last?.decision ?? "none";
  const fresh = view.last && now - Date.parse(view.last.at) < FRESH_MS;
  return h("article", {
    class: "tile", "data-lane": view.lane, "data-mode": view.mode, "data-decision": decision,
    "data-fresh": String(Boolean(fresh)), "aria-label": laneName(view),
  },
    head(view), mode(view), lastPerson(view.last, decision, now),
    present(view, now), offline(view), alarms(view, now, may, act), may && acts(view, act),
    h("p", { class: "not-live" }, say("notLive")));
}

/** Bring only the times of a tile up to date, so that a tile under a finger stays the same. */
export function retime(element, view, now) {
  for (const time of element.querySelectorAll("time")) time.textContent = ago(now - Date.parse(time.dateTime));
  const fresh = view.last && now - Date.parse(view.last.at) < FRESH_MS;
  element.dataset.fresh = String(Boolean(fresh));
}

function head(view) {
  const door = view.gate.online ? view.gate.door : "unknown";
  const word = say(view.gate.door);
  return h("header", { class: "tile-head" },
    h("h2", {}, shape(view.direction), h("span", {}, laneName(view))),
    h("p", { class: "door", "data-door": view.gate.door, "data-online": String(view.gate.online) },
      shape(`door-${door}`), h("span", {}, word),
      !view.gate.online && h("em", {}, say("doorOffline"))));
}

function mode(view) {
  if (view.mode === "normal") return null;
  return h("p", { class: "mode" }, shape(view.mode === "lockdown" ? "shape-deny" : "in"),
    h("span", {}, say(`mode_${view.mode}`)));
}

function lastPerson(last, decision, now) {
  if (!last) {
    return h("div", { class: "last" }, shape("shape-none"), h("strong", {}, say("none")));
  }
  const reason = sayBoth(last.say) || last.reasons.map(sayReason).join(" · ");
  const warm = degrees(last.celsius);
  return h("div", { class: "last" }, shape(`shape-${decision}`),
    h("strong", {}, say(decision)), h("p", { class: "reason" }, reason),
    h("div", { class: "last-facts" },
      h("span", { class: "celsius" }, warm ?? say("noTemperature")),
      last.credential && h("span", { class: "credential", "data-status": last.credential.status },
        `${sayRecord(last.credential.kind)} · ${sayRecord(last.credential.status)}`),
      h("time", { datetime: last.at }, ago(now - Date.parse(last.at)))));
}

function present(view, now) {
  const parts = [h("span", { class: "waiting", "data-some": String(view.waiting > 0) },
    view.waiting > 0 ? say("waiting", view.waiting) : say("nobody"))];
  if (view.visit) {
    parts.push(h("span", { class: "visit" }, `${say("visit")} · `,
      h("time", { datetime: view.visit.since }, ago(now - Date.parse(view.visit.since)))));
    parts.push(...view.visit.has.map((what) => h("span", { class: "chip has" }, `✓ ${say(what)}`)));
    parts.push(...view.visit.lacks.map((what) => h("span", { class: "chip lacks" }, `… ${say(what)}`)));
  }
  if (view.grant) parts.push(h("span", { class: "chip may" }, `➜ ${say("grant")}`));
  return h("p", { class: "present" }, parts);
}

function offline(view) {
  const gone = view.devices.filter((device) => !device.online);
  if (gone.length === 0) return null;
  return h("p", { class: "offline" }, shape("alarm"),
    h("span", {}, `${say("offlineDevices")}: ${gone.map((device) => device.device).join(", ")}`));
}

function alarms(view, now, may, act) {
  if (view.alarms.length === 0) return null;
  return h("ul", { class: "alarms" }, view.alarms.map((alarm) =>
    h("li", { "data-severity": alarm.severity }, shape("alarm"),
      h("span", {}, h("b", {}, sayReason(alarm.alarm)),
        h("small", {}, [alarm.device, `${say("severity")} ${alarm.severity}`].filter(Boolean).join(" · "), " · ",
          h("time", { datetime: alarm.at }, ago(now - Date.parse(alarm.at))))),
      may && h("button", { type: "button", "data-act": "acknowledge",
        onclick: () => act("acknowledge", view, alarm.id) }, say("acknowledge")))));
}

function acts(view, act) {
  const button = (kind, target) => h("button", {
    type: "button", "data-act": kind, onclick: () => act(kind, view, target),
  }, say(`act_${kind}`));
  const referred = view.last?.decision === "refer" && view.last.visit;
  return h("footer", { class: "acts" },
    view.mode !== "released" && button("open"), referred && button("measure", view.last.visit),
    view.mode === "normal" && view.direction === "in" && button("lock"),
    view.mode !== "released" && button("release"),
    view.mode !== "normal" && button("restore"));
}
