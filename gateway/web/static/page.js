/** The live page: joins the stream to the tiles and the record. */

import { begin } from "./acts.js";
import { alarmList, siteAlarms } from "./alarms.js";
import { focusAct, h, patch, remember } from "./dom.js";
import { Feed } from "./feed.js";
import { PolicyLine } from "./policy.js";
import { Stream } from "./stream.js";
import { laneName, retime, tile } from "./tiles.js";
import { explainOn } from "./why.js";
import { ago, kept, keep, learn, say, sayBoth, spoken, switchTongue } from "./words.js";

const NAMES_KEPT_MS = 65_000; // should the gateway's word that they are gone never come
const HISTORY = 500; // events a page that was just opened looks back on

const byId = (id) => document.getElementById(id);
const views = new Map();
const drawn = new Map();
const people = new Map(); // names of those at the lanes: here while they stand there, and nowhere else
let session = null;
let stream = null;
let feed = null;
let policy = null;

const now = () => (stream ? stream.now() : Date.now());
const may = () => session.role !== "viewer";

async function start() {
  const [who, words] = await Promise.all(["session", "words"].map(async (path) => {
    const answer = await fetch(`/api/v1/${path}`);
    if (!answer.ok) throw new Error(answer.status === 401 ? "signed-out" : "offline");
    return answer.json();
  }));
  session = who;
  learn(words);
  feed = new Feed(byId("events"), byId("events-note"), byId("filters"), now);
  explainOn(byId("events"), byId("dialog"), (lane) => views.has(lane) ? laneName(views.get(lane)) : lane);
  policy = new PolicyLine(byId("policy"), byId("policy-lines"), session.role, act);
  byId("tongue").addEventListener("click", () => { switchTongue(); speak(); });
  byId("wall").addEventListener("click", () => { keep("wall", kept("wall") === "on" ? "off" : "on"); speak(); });
  speak();
  stream = new Stream(Math.max(0, session.seq - HISTORY), {
    event: (event) => { feed.add(event); policy.event(event); },
    lane: takeLane,
    people: takePeople,
    hello: (hello) => {
      if (hello.version !== session.version) location.reload();
      if (hello.reset) feed.clear();
      policy.ask();
    },
    state: showState,
  });
  setInterval(tick, 1000);
}

function takeLane(view) {
  const fresh = !views.has(view.lane);
  views.set(view.lane, view);
  if (fresh) offerLanes();
  drawLane(view);
  drawSiteAlarms();
}

/** Take whose names may be shown at a lane now; those of before are forgotten. */
function takePeople(told) {
  clearTimeout(people.get(told.lane)?.forgetting);
  people.delete(told.lane);
  if (told.people.length > 0) {
    const forgetting = setTimeout(() => takePeople({ lane: told.lane, people: [] }), NAMES_KEPT_MS);
    people.set(told.lane, { forgetting, names: new Map(told.people.map((each) => [each.visit, each])) });
  }
  if (views.has(told.lane)) drawLane(views.get(told.lane));
}

function speak() {
  document.documentElement.lang = spoken() === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
  }
  byId("tongue").textContent = say("tongue");
  byId("tongue").lang = spoken() === "zh" ? "en" : "zh-CN";
  document.body.dataset.wall = kept("wall") ?? "off";
  byId("wall").setAttribute("aria-pressed", String(kept("wall") === "on"));
  byId("site").textContent = sayBoth(session.name);
  document.title = `${sayBoth(session.name)} · 门神 Menshen`;
  byId("who").textContent = `${session.operator} · ${say(session.role)}`;
  offerLanes();
  for (const view of views.values()) drawLane(view);
  drawSiteAlarms();
  policy.draw();
  showState(stream?.state ?? "connecting");
  tick();
}

function offerLanes() {
  feed.offer([...views.values()].map((view) => [view.lane, laneName(view)]));
}

function drawLane(view) {
  const fresh = tile(view, may(), act, people.get(view.lane)?.names ?? new Map());
  const old = drawn.get(view.lane);
  if (old) patch(old, fresh);
  else {
    drawn.set(view.lane, fresh);
    const group = byId(view.direction === "out" ? "ways-out" : "ways-in");
    group.append(fresh);
    group.dataset.count = group.children.length;
  }
  retime(drawn.get(view.lane), view, now());
}

function drawSiteAlarms() {
  const fresh = remember(h("div", { id: "site-alarms", "aria-label": say("siteAlarms") },
    alarmList(siteAlarms(views.values()), null, may(), act)));
  patch(byId("site-alarms"), fresh);
}

function act(kind, view, target) {
  const back = () => focusAct(view ? drawn.get(view.lane) : byId("policy-lines"), kind, target);
  begin(kind, view && views.get(view.lane), target, back, now()); // a button may be older than its lane
}

function tick() {
  for (const [lane, element] of drawn) retime(element, views.get(lane), now());
  for (const time of byId("site-alarms").querySelectorAll("time")) {
    time.textContent = ago(now() - Date.parse(time.dateTime));
  }
  byId("clock").textContent = new Date(now()).toLocaleTimeString(document.documentElement.lang, { hour12: false });
}

function showState(state) {
  document.body.dataset.live = state;
  if (!["live", "connecting"].includes(state)) for (const lane of [...people.keys()]) takePeople({ lane, people: [] });
  const banner = byId("banner");
  const lost = !["live", "connecting"].includes(state);
  byId("live").textContent = say(lost ? "notLive" : state);
  banner.hidden = !lost;
  if (!lost) banner.replaceChildren();
  else if (state === "signed-out") {
    banner.replaceChildren(h("b", {}, say("signedOut")), h("a", { href: "/" }, say("signIn")));
  } else banner.replaceChildren(h("b", {}, say(state)), h("span", {}, say("staleMore")));
}

start().catch(({ message }) => showState(message === "signed-out" ? message : "offline"));
