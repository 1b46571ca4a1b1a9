// A pass on a phone: the code, how long it still counts, and what the pass is for.

import { STEP_MS, codeAt, phoneKey, readLink } from "./code.js";
import { drawQr } from "./qr.js";

const QUIET = 4;
const PERSONS = {
  resident: ["居民", "Resident"], staff: ["工作人员", "Staff"], visitor: ["访客", "Visitor"],
  delivery: ["配送", "Delivery"], emergency: ["应急人员", "Emergency services"],
};
const SAID = {
  "no-pass": ["这个链接里没有通行证,请向小区重新领取。", "There is no pass in this link: ask the estate for one."],
  "no-crypto": ["请用 https 链接打开,并更新浏览器。", "Open this by its https link, in an up-to-date browser."],
  early: ["通行证尚未生效。", "This pass does not count yet."],
  over: ["通行证已过期。", "This pass has ended."],
  rotating: ["动态码每 30 秒更换,截图无效。", "The code changes every 30 seconds: a screenshot is no good."],
  printed: ["请像钥匙一样保管,不要转发。", "Keep it like a key: don't pass it on."],
};

const byId = (id) => document.getElementById(id);
let shown = null;  // the pass, its key, and the step that is drawn

async function open() {
  shown = null;
  byId("code").replaceChildren();
  let pass;
  try {
    pass = readLink(location.hash.slice(1));
  } catch {
    say("wrong", "no-pass");
    return;
  }
  describe(pass);
  let key = null;
  try {
    key = await phoneKey(pass);
  } catch {
    say("wrong", "no-crypto");
    return;
  }
  shown = { pass, key, step: null };
  await look();
}

async function look() {
  if (shown === null || document.hidden) return;
  const { pass, key } = shown;
  const now = Date.now();
  if (now / 1000 < pass.from || now / 1000 >= pass.to + 1) {
    byId("code").replaceChildren();
    shown.step = null;
    say("wrong", now / 1000 < pass.from ? "early" : "over");
    return;
  }
  const step = key === null ? 0 : Math.floor(now / STEP_MS);
  document.body.style.setProperty("--left", String(1 - (now % STEP_MS) / STEP_MS));
  if (step === shown.step) return;
  shown.step = step;
  const of = shown;
  const text = await codeAt(pass, key, now);
  if (of !== shown || of.step !== step) return;  // another pass or step has come meanwhile
  draw(drawQr(text));
  byId("code").dataset.step = String(step);
  say(key === null ? "printed" : "rotating", key === null ? "printed" : "rotating");
}

function draw(rows) {
  const size = rows.length + 2 * QUIET;
  const runs = [];
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      if (!row[x]) continue;
      const from = x;
      while (x < row.length && row[x]) x += 1;
      runs.push(`M${from + QUIET} ${y + QUIET}h${x - from}v1h-${x - from}z`);
    }
  });
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", runs.join(""));
  byId("code").setAttribute("viewBox", `0 0 ${size} ${size}`);
  byId("code").replaceChildren(path);
}

function say(state, word) {
  document.body.dataset.state = state;
  const [zh, en] = SAID[word];
  byId("told").replaceChildren(zh, document.createElement("br"), tongue(en));
}

function describe(pass) {
  const [zh, en] = PERSONS[pass.person] ?? [pass.person, ""];
  byId("person").replaceChildren(`${zh} `, tongue(en));
  byId("estate").replaceChildren(`${pass.name.zh} `, tongue(pass.name.en));
  const terms = [["有效期", "Valid", `${day(pass.from)} – ${day(pass.to)}`]];
  if (pass.times) terms.push(["时段", "Hours", pass.times]);
  if (pass.gates) terms.push(["门", "Gates", pass.gates.join(", ")]);
  if (pass.uses) terms.push(["每日次数", "Uses a day", String(pass.uses)]);
  byId("terms").replaceChildren(...terms.flatMap(([word, foreign, value]) => {
    const term = document.createElement("dt");
    term.append(`${word} `, tongue(foreign));
    const described = document.createElement("dd");
    described.append(value);
    return [term, described];
  }));
}

function tongue(text) {
  const span = document.createElement("span");
  span.lang = "en";
  span.append(text);
  return span;
}

function day(second) {
  const date = new Date(second * 1000);
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

addEventListener("hashchange", open);
document.addEventListener("visibilitychange", look);
setInterval(look, 250);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/pass/worker.js", { scope: "/pass" }).catch(() => {});
open();
