/** Why a decision came out so: its rules, each condition with its truth and its values. */

import { h, shape } from "./dom.js";
import { sayFact, sayValue } from "./facts.js";
import { degrees, say, sayBoth, sayReason, sayReasons } from "./words.js";

const MARKS = { true: ["✓", "holds"], false: ["✗", "holdsNot"], null: ["?", "cannotSay"] };

/** Explain the decision whose line is pressed; `nameOf` gives a lane's name by its id. */
export function explainOn(list, dialog, nameOf) {
  list.addEventListener("click", ({ target }) => {
    const line = target.closest("li[data-why]");
    if (line && !getSelection().toString()) explain(line.dataset.why, dialog, nameOf);
  });
}

async function explain(id, dialog, nameOf) {
  const body = h("div", { class: "why-body", role: "status" }, say("looking"));
  const close = h("button", { type: "button", class: "quiet", autofocus: true, onclick: () => dialog.close() },
    say("close"));
  dialog.replaceChildren(h("div", { class: "why", "aria-label": say("why") }, body,
    h("div", { class: "dialog-acts" }, close)));
  dialog.showModal();
  try {
    const answer = await fetch(`/api/v1/decisions/${encodeURIComponent(id)}/explanation`);
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail);
    body.replaceChildren(...drawn(told, nameOf));
  } catch (error) {
    body.replaceChildren(h("p", { class: "wrong" }, `${say("lookingFailed")}: ${error.message}`));
  }
}

function drawn(told, nameOf) {
  const rules = told.asked.map((rule) => drawRule(rule, told.conditions.filter((each) => each.rule === rule.rule)));
  const [fired, quiet] = [[], []];
  told.asked.forEach(({ fires }, at) => (fires === false ? quiet : fired).push(rules[at]));
  const rest = quiet.length + told.left_out;
  return [
    h("h2", { "data-decision": told.decision }, h("span", { class: "mark" }, shape(`shape-${told.decision}`)),
      h("span", {}, say(told.decision), told.lane && ` · ${nameOf(told.lane)}`),
      degrees(told.celsius) && h("span", { class: "celsius" }, degrees(told.celsius))),
    h("p", { class: "why-when" }, new Date(told.at).toLocaleString(document.documentElement.lang)),
    h("ul", { class: "why-reasons" }, reasonsOf(told).map((each) => h("li", {}, each))),
    told.agrees === false && h("p", { class: "more" }, say("agreesNot")),
    told.note && h("p", { class: "more" }, sayBoth(told.note)),
    ...fired,
    rest > 0 && h("details", { open: fired.length === 0 },
      h("summary", {}, say("otherRules", rest)), quiet,
      told.left_out > 0 && h("p", {}, say("leftOut", told.left_out))),
  ].filter(Boolean);
}

/** The reasons in sentences; a policy's own reason is told by what its rule says to people. */
function reasonsOf({ reasons, asked, doubts }) {
  return reasons.map((word) => {
    const rule = asked.find(({ reason, fires }) => reason === word && fires);
    const text = rule ? sayReasons([word], rule.say) : sayReason(word);
    return doubts.includes(word) ? `${text} (${say("abovePolicy")})` : text;
  });
}

/** A rule that can't be judged refers, whatever it would have said. */
function drawRule({ rule, then, reason, say: words, fires }, conditions) {
  const outcome = fires === null ? "refer" : then;
  return h("section", { class: "rule", "data-fires": String(fires) },
    h("h3", {}, truth(fires),
      h("span", {}, fires === null && h("b", {}, `${say("cannotSay")}: `), sayReasons([reason], words)),
      h("span", { class: "then", "data-decision": outcome }, `→ ${say(outcome)}`)),
    h("ul", {}, conditions.map(drawCondition)),
    h("p", { class: "rule-id" }, `${say("rule")} ${rule}`));
}

function drawCondition({ condition, holds, values }) {
  const said = Object.entries(values).map(([name, value]) =>
    h("span", { class: value === null && holds === null ? "lacks" : null }, `${sayFact(name)} `,
      h("b", {}, sayValue(name, value))));
  return h("li", { "data-holds": String(holds) }, truth(holds),
    h("div", {}, h("p", { class: "values" }, said), h("code", {}, condition)));
}

function truth(holds) {
  const [mark, word] = MARKS[String(holds)];
  return h("span", { class: "truth", role: "img", "aria-label": say(word), title: say(word) }, mark);
}
