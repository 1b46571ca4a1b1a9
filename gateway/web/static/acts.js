/** What a guard does: asked once more, sent once, and told what became of it. */

import { h } from "./dom.js";
import { laneName } from "./tiles.js";
import { say, sayBoth } from "./words.js";

const dialog = () => document.getElementById("dialog");

/** Begin an act: acknowledging is sent at once, all else asks first. */
export function begin(kind, view, target, tell) {
  if (kind === "acknowledge") {
    send({ url: `/api/v1/alarms/${encodeURIComponent(target)}/acknowledge`, key: newKey() }, tell);
    return;
  }
  const asked = QUESTIONS[kind](view, target);
  ask(asked, tell);
}

const QUESTIONS = {
  open: (view) => ({
    title: say("askOpen", laneName(view)), danger: false, url: on(view, "open"), kind: "open",
    fields: [reasons()], body: (form) => ({ reason: form.get("other").trim() || form.get("reason") }),
  }),
  lock: (view) => ({
    title: say("askLock", laneName(view)), more: say("lockMore"), danger: true, url: on(view, "lock"),
    kind: "lock", fields: [], body: () => ({}),
  }),
  release: (view) => ({
    title: say("askRelease", laneName(view)), more: say("releaseMore"), danger: true,
    url: on(view, "release"), kind: "release", fields: [sure("releaseSure")], body: () => ({}),
  }),
  restore: (view) => ({
    title: say("askRestore", laneName(view)), more: say("restoreMore"), danger: true,
    url: on(view, "restore"), kind: "restore", fields: [sure("restoreSure")], body: () => ({}),
  }),
  measure: (view, visit) => ({
    title: `${say("askMeasure")} · ${laneName(view)}`, danger: false, kind: "measure",
    url: `/api/v1/visits/${encodeURIComponent(visit)}/second-measure`, fields: [celsius(), methods()],
    body: (form) => ({ celsius: Number(form.get("celsius")), method: form.get("method") }),
  }),
};

function on(view, act) { return `/api/v1/lanes/${encodeURIComponent(view.lane)}/${act}`; }

function ask(asked, tell) {
  const key = newKey(); // one question, one act, however often it is sent
  const submit = h("button", { class: asked.danger ? "danger" : "go" }, say(`act_${asked.kind}`));
  const wrong = h("p", { class: "wrong", role: "status" });
  const form = h("form", { method: "dialog", "data-act": asked.kind },
    h("h2", {}, asked.title), asked.more && h("p", { class: "more" }, asked.more), asked.fields, wrong,
    h("div", { class: "dialog-acts" },
      h("button", { type: "button", class: "quiet", onclick: () => dialog().close() }, say("cancel")),
      submit));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    submit.textContent = say("sending");
    const outcome = await post({ url: asked.url, key, body: asked.body(new FormData(form)) });
    if (outcome.done) {
      dialog().close();
      tell(outcome.told, true);
      return;
    }
    wrong.textContent = outcome.told;
    submit.textContent = say(`act_${asked.kind}`);
    submit.disabled = false;
  });
  dialog().replaceChildren(form);
  dialog().showModal();
}

async function send(request, tell) {
  const outcome = await post(request);
  tell(outcome.told, outcome.done);
}

async function post({ url, key, body }) {
  const headers = { "Idempotency-Key": key };
  if (body) headers["Content-Type"] = "application/json";
  try {
    const answer = await fetch(url, { method: "POST", headers, body: body && JSON.stringify(body) });
    const said = await answer.json();
    if (answer.ok) return { done: true, told: say(`state_${said.state}`) };
    return { done: false, told: `${say("failed")}: ${said.refused ? sayBoth(said) : said.detail}` };
  } catch {
    return { done: false, told: say("unreachable") };
  }
}

function reasons() {
  const other = h("input", { name: "other", maxlength: 200, autocomplete: "off",
    placeholder: say("otherReason"), "aria-label": say("otherReason") });
  const choices = say("reasons").map((reason, at) => h("label", { class: "choice" },
    h("input", { type: "radio", name: "reason", value: reason, checked: at === 0 }), h("span", {}, reason)));
  return h("fieldset", {}, h("legend", {}, say("askReason")), choices, other);
}

function sure(word) {
  return h("label", { class: "choice sure" }, h("input", { type: "checkbox", required: true }),
    h("span", {}, say(word)));
}

function celsius() {
  return h("label", { class: "field" }, h("span", {}, say("celsius")),
    h("input", { name: "celsius", type: "number", min: 30, max: 45, step: 0.1, required: true,
      inputmode: "decimal" }));
}

function methods() {
  return h("label", { class: "field" }, h("span", {}, say("method")),
    h("select", { name: "method" }, Object.entries(say("methods")).map(([value, label]) =>
      h("option", { value }, label))));
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
