/** What became of an act: good news passes by itself, anything else stays until it was read. */

import { h } from "./dom.js";
import { say } from "./words.js";

const PASSES_MS = 6000;
const KEPT = 3; // older ones give way: three are what a hurried eye takes in

/** Tell an outcome: `tone` is good, wait or bad. */
export function tell({ text, tone }) {
  const notices = document.getElementById("notices");
  const close = h("button", { type: "button", class: "quiet", onclick: () => notice.remove() }, say("dismiss"));
  const notice = h("p", { "data-tone": tone }, h("span", {}, text), tone !== "good" && close);
  if (tone === "good") setTimeout(() => notice.remove(), PASSES_MS);
  notices.append(notice);
  while (notices.children.length > KEPT) notices.firstElementChild.remove();
}
