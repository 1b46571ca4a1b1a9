/** A visit that a guard starts for who has no readable code: one tap opens this, one more sends. */

import { h } from "./dom.js";
import { newKey, post } from "./send.js";
import { say } from "./words.js";

const STILL_THERE_MS = 60_000; // past it, who was judged last is somebody else
const MOST = 8;

/** Draw the choices for a lane; `send(body, button)` sends one of them, `now` is the gateway's time. */
export function choices(view, now, send) {
  const { last } = view;
  const there = last?.visit && now - Date.parse(last.at) < STILL_THERE_MS;
  const waits = view.referred.some((each) => each.visit === last?.visit && !each.answered);
  const visit = there && waits ? { visit: last.visit } : {}; // it has its temperature already
  const choice = (word, body) => h("button", {
    type: "button", "data-how": body().how, onclick: ({ currentTarget }) => send(body(), currentTarget),
  }, say(word));
  return [
    there && last.decision === "admit" && companions(choice, last.visit),
    group("visitPaper",
      choice("estatePass", () => ({ how: "paper", checked: "document", kind: "estate-pass", ...visit })),
      choice("euCertificate", () => ({ how: "paper", checked: "document", kind: "eu-dcc", ...visit })),
      choice("healthCard", () => ({ how: "paper", checked: "document", kind: "smart-health-card", ...visit }))),
    group("visitWord", choice("emergencyServices", () => ({ how: "word", person: "emergency", ...visit }))),
    asked("visitList", [["name", 100], ["home", 100]], "askList", send,
      ({ name, home }) => name && { how: "list", name, ...(home && { home }), ...visit }),
    asked("visitNumber", [["number", 40]], "askNumber", send,
      ({ number }) => number && { how: "paper", checked: "number", number, ...visit }),
  ];
}

/** Send a visit to a lane; a choice that is sent again is the same act. */
export function sender(url) {
  const keys = new Map();
  return (body) => {
    const words = JSON.stringify(body);
    if (!keys.has(words)) keys.set(words, newKey());
    return post({ url, key: keys.get(words), body, kind: "visit" });
  };
}

function companions(choice, visit) {
  const persons = h("select", { "aria-label": say("persons") },
    Array.from({ length: MOST }, (_, at) => h("option", { value: at + 1 }, say("people", at + 1))));
  const body = (more) => () => ({ how: "companion", visit, persons: Number(persons.value), ...more });
  return group("visitCompanion", persons,
    choice("children", body({ minor: true })), choice("adults", body({})),
    choice("guests", body({ person: "visitor" })));
}

function group(word, ...parts) {
  return h("fieldset", { class: "choices" }, h("legend", {}, say(word)), ...parts);
}

/** Fields and a button; what was typed goes with the question and stays nowhere. */
function asked(word, fields, act, send, bodyOf) {
  const inputs = fields.map(([name, most]) => h("input", {
    type: "text", name, maxlength: most, autocomplete: "off", spellcheck: "false",
    placeholder: say(`field_${name}`), "aria-label": say(`field_${name}`),
  }));
  const button = h("button", { type: "button", onclick: submit }, say(act));
  function submit() {
    const body = bodyOf(Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()])));
    if (body) send(body, button);
    else inputs[0].focus();
  }
  for (const input of inputs) {
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return; // a Chinese word is still being chosen
      event.preventDefault();
      submit();
    });
  }
  return group(word, inputs, button);
}
