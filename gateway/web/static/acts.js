/** What a guard does: asked once more, sent once, and told what became of it. */

import { h } from "./dom.js";
import { tell } from "./notice.js";
import { newKey, post } from "./send.js";
import { laneName } from "./tiles.js";
import { choices, sender } from "./visits.js";
import { say } from "./words.js";

const dialog = () => document.getElementById("dialog");

/**
 * Begin an act: acknowledging is sent at once, all else asks first; `back` runs when it is over,
 * `now` is the gateway's time.
 */
export async function begin(kind, view, target, back, now) {
  if (kind === "acknowledge") {
    const url = `/api/v1/alarms/${encodeURIComponent(target)}/acknowledge`;
    const outcome = await post({ url, key: newKey(), kind });
    if (!outcome.done) tell(outcome);
    return;
  }
  if (kind === "visit") {
    visit(view, back, now);
    return;
  }
  ask({ kind, where: view ? laneName(view) : say("policy"), ...QUESTIONS[kind](view, target) }, back);
}

const QUESTIONS = {
  open: (view) => ({
    title: say("askOpen", laneName(view)), url: on(view, "open"), fields: reasons(),
    body: (form) => ({ reason: form.get("other").trim() || form.get("reason") }),
    lacking: (body) => body.reason ? null : say("needReason"),
  }),
  lock: (view) => ({
    title: say("askLock", laneName(view)), more: say("lockMore"), danger: true, url: on(view, "lock"),
  }),
  release: (view) => ({
    title: say("askRelease", laneName(view)), more: say("releaseMore"), danger: true,
    url: on(view, "release"), fields: sure("releaseSure"),
  }),
  restore: (view) => ({
    title: say("askRestore", laneName(view)), more: say("restoreMore"), danger: true,
    url: on(view, "restore"), fields: sure("restoreSure"),
  }),
  suspend: (_, order) => ({
    title: say("askSuspend", order), more: say("suspendMore"), danger: true,
    url: `/api/v1/orders/${encodeURIComponent(order)}/suspend`, fields: sure("suspendSure"),
  }),
  measure: (view, visit) => ({
    title: `${say("askMeasure")} · ${laneName(view)}`,
    url: `/api/v1/visits/${encodeURIComponent(visit)}/second-measure`, fields: [celsius(), methods()],
    body: (form) => ({ celsius: Number(form.get("celsius")), method: form.get("method") }),
  }),
};

function on(view, act) { return `/api/v1/lanes/${encodeURIComponent(view.lane)}/${act}`; }

/** Who has no readable code: each choice is sent as it is tapped, what was typed goes with it. */
function visit(view, back, now) {
  const wrong = h("p", { class: "wrong", role: "status" });
  const post = sender(on(view, "visits"));
  const send = async (body, button) => {
    if (form.inert) return;
    form.inert = true;
    button.setAttribute("aria-busy", "true");
    wrong.textContent = "";
    const outcome = await post(body);
    const told = { ...outcome, text: `${laneName(view)} · ${outcome.text}` };
    const still = form.isConnected && dialog().open;
    if (outcome.done || !still) tell(told); // also where the question was closed meanwhile
    if (outcome.done && still) dialog().close();
    wrong.textContent = outcome.done ? "" : outcome.text;
    button.removeAttribute("aria-busy");
    form.inert = false;
  };
  const title = say("askVisit", laneName(view));
  const form = h("form", { method: "dialog", "data-act": "visit", "aria-label": title },
    h("h2", {}, title), wrong, choices(view, now, send),
    h("div", { class: "dialog-acts" },
      h("button", { type: "button", class: "quiet", onclick: () => dialog().close() }, say("cancel"))));
  form.addEventListener("submit", (event) => event.preventDefault());
  dialog().replaceChildren(form);
  dialog().addEventListener("close", () => { form.remove(); back(); }, { once: true });
  dialog().showModal();
}

function ask(asked, back) {
  const submit = h("button", { class: asked.danger ? "danger" : "go" }, say(`act_${asked.kind}`));
  const wrong = h("p", { class: "wrong", role: "status" });
  const form = h("form", { method: "dialog", "data-act": asked.kind, "aria-label": asked.title },
    h("h2", {}, asked.title), asked.more && h("p", { class: "more" }, asked.more), asked.fields, wrong,
    h("div", { class: "dialog-acts" },
      h("button", { type: "button", class: "quiet", onclick: () => dialog().close() }, say("cancel")),
      submit));
  const key = newKey(); // one question, one act, however often it is sent
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!submit.disabled) answer(asked, key, form, submit, wrong);
  });
  dialog().replaceChildren(form);
  dialog().addEventListener("close", back, { once: true });
  dialog().showModal();
}

async function answer(asked, key, form, submit, wrong) {
  const body = asked.body?.(new FormData(form)) ?? {};
  wrong.textContent = asked.lacking?.(body) ?? "";
  if (wrong.textContent) {
    form.querySelector("input").focus();
    return;
  }
  submit.disabled = true;
  submit.textContent = say("sending");
  const outcome = await post({ url: asked.url, key, body, kind: asked.kind });
  const still = form.isConnected && dialog().open;
  const told = { ...outcome, text: `${asked.where} · ${outcome.text}` };
  if (outcome.done || !still) tell(told); // also where the question was closed meanwhile
  if (outcome.done && still) dialog().close();
  wrong.textContent = outcome.done ? "" : outcome.text;
  submit.textContent = say(`act_${asked.kind}`);
  submit.disabled = false;
}

/** The usual reasons and one's own words: whichever was given last counts, none is given beforehand. */
function reasons() {
  const other = h("input", { type: "text", name: "other", maxlength: 200, autocomplete: "off",
    placeholder: say("otherReason"), "aria-label": say("otherReason") });
  const radios = say("reasons").map((reason) => h("input", { type: "radio", name: "reason", value: reason,
    onchange: () => { other.value = ""; } }));
  other.addEventListener("input", () => { for (const radio of radios) radio.checked = false; });
  return h("fieldset", {}, h("legend", {}, say("askReason")),
    radios.map((radio) => h("label", { class: "choice" }, radio, h("span", {}, radio.value))), other);
}

function sure(word) {
  return h("label", { class: "choice sure" }, h("input", { type: "checkbox", required: true }),
    h("span", {}, say(word)));
}

function celsius() {
  return h("label", { class: "field" }, h("span", {}, say("celsius")),
    h("input", { name: "celsius", type: "number", min: 30, max: 45, step: 0.1, required: true,
      inputmode: "decimal", autocomplete: "off" }));
}

function methods() {
  return h("fieldset", {}, h("legend", {}, say("method")),
    Object.entries(say("methods")).map(([value, label]) => h("label", { class: "choice" },
      h("input", { type: "radio", name: "method", value, required: true }), h("span", {}, label))));
}
