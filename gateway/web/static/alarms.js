/** Alarms nobody has acknowledged yet: of a lane on its tile, of the whole site above the lanes. */

import { h, shape } from "./dom.js";
import { say, sayReason } from "./words.js";

/** Draw alarms with a button each; `view` is the lane they are shown at, null for the site. */
export function alarmList(alarms, view, may, act) {
  return h("ul", { class: "alarms", hidden: alarms.length === 0 }, alarms.map((alarm) =>
    h("li", { "data-severity": alarm.severity, "data-alarm": alarm.alarm }, shape("alarm"),
      h("span", {}, h("b", {}, sayReason(alarm.alarm)),
        h("small", {}, alarm.device && `${alarm.device} · `,
          h("time", { datetime: alarm.at }))),
      may && h("button", { type: "button", "data-act": "acknowledge", "data-target": alarm.id,
        onclick: () => act("acknowledge", view, alarm.id) }, say("acknowledge")))));
}

/** The site's own alarms out of the lanes' views: each lane carries them all. */
export function siteAlarms(views) {
  const found = new Map();
  for (const view of views) {
    for (const alarm of view.alarms) if (alarm.lane === null) found.set(alarm.id, alarm);
  }
  return [...found.values()];
}
