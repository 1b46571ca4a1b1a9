/** The live page: joins the stream to the tiles and the record. */

import { begin } from "./acts.js";
import { h } from "./dom.js";
import { Feed } from "./feed.js";
import { Stream } from "./stream.js";
import { laneName, retime, tile } from "./tiles.js";
import { learn, say, sayBoth, spoken, switchTongue } from "./words.js";

const HISTORY = 200; // events a page that was just opened looks back on

const byId = (id) => document.getElementById(id);
const views = new Map();
const drawn = new Map();
let session = null;
let stream = null;
let feed = null;

async function start() {
  const [who, words] = await Promise.all(["session", "words"].map(async (path) => {
    const answer = await fetch(`/api/v1/${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }));
  session = who;
  learn(words);
  feed = new Feed(byId("events"), byId("no-events"), byId("filters"));
  byId("tongue").addEventListener("click", () => { switchTongue(); speak(); });
  speak();
  stream = new Stream(Math.max(0, session.seq - HISTORY), {
    event: (event) => feed.add(event),
    lane: (view) => {
      const fresh = !views.has(view.lane);
      views.set(view.lane, view);
      if (fresh) offerLanes();
      drawLane(view);
    },
    hello: (hello) => {
      if (hello.version !== session.version) location.reload();
      if (hello.reset) feed.clear();
    },
    state: showState,
  });
  setInterval(tick, 1000);
}

function speak() {
  document.documentElement.lang = spoken() === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
  }
  byId("tongue").textContent = say("tongue");
  byId("tongue").lang = spoken() === "zh" ? "en" : "zh-CN";
  byId("site").textContent = sayBoth(session.name);
  document.title = `${sayBoth(session.name)} · 门神 Menshen`;
  byId("who").textContent = `${session.operator} · ${say(session.role)}`;
  offerLanes();
  for (const view of views.values()) drawLane(view);
  showState(stream?.state ?? "connecting");
}

function offerLanes() {
  feed.offer([...views.values()].map((view) => [view.lane, laneName(view)]));
}

function drawLane(view) {
  const act = (kind, of, target) => begin(kind, of, target, tell);
  const fresh = tile(view, stream ? stream.now() : Date.now(), session.role !== "viewer", act);
  const old = drawn.get(view.lane);
  drawn.set(view.lane, fresh);
  if (!old) { byId("lanes").append(fresh); return; }
  const focus = old.contains(document.activeElement) ? document.activeElement.dataset.act : null;
  old.replaceWith(fresh);
  if (focus) fresh.querySelector(`[data-act="${focus}"]`)?.focus();
}

function tick() {
  for (const [lane, element] of drawn) retime(element, views.get(lane), stream.now());
  byId("clock").textContent = new Date(stream.now()).toLocaleTimeString(document.documentElement.lang,
    { hour12: false });
}

function showState(state) {
  document.body.dataset.live = state;
  const banner = byId("banner");
  const lost = !["live", "connecting"].includes(state);
  byId("live").textContent = say(lost ? "notLive" : state);
  banner.hidden = !lost;
  if (!lost) banner.replaceChildren();
  else if (state === "signed-out") {
    banner.replaceChildren(h("b", {}, say("signedOut")), h("a", { href: "/" }, say("signIn")));
  } else banner.replaceChildren(h("b", {}, say(state)), h("span", {}, say("staleMore")));
}

let fading = 0;

function tell(text, good) {
  const notice = byId("notice");
  notice.replaceChildren(h("p", { "data-good": String(good) }, text));
  clearTimeout(fading);
  fading = setTimeout(() => notice.replaceChildren(), 8000);
}

start().catch(() => {
  // Not signed in any more, or the gateway is gone: either way nothing here is live.
  byId("live").textContent = say("notLive");
  const banner = byId("banner");
  banner.hidden = false;
  banner.replaceChildren(h("b", {}, say("offline")), h("a", { href: "/" }, say("signIn")));
  document.body.dataset.live = "offline";
});
