/** Elements from words: everything foreign becomes a text node, so nothing that is shown can run. */

/** Make an element; `data-…`, `aria-…` and the rest are attributes, `on…` are listeners. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Draw a symbol of the page's own sprite. */
export function shape(symbol) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "shape");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${symbol}`);
  svg.append(use);
  return svg;
}

const written = new WeakMap(); // what each part said when it was made, before its times were filled in

/** Remember what the parts of an element say, so that `patch` can tell which of them change. */
export function remember(element) {
  for (const part of element.children) written.set(part, part.outerHTML);
  return element;
}

/**
 * Bring an element up to date with a fresh one of the same parts. A part that says the same stays
 * as it is: a button under a finger is still there when the finger lifts.
 */
export function patch(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const parts = [...fresh.children];
  if (old.children.length !== parts.length) {
    old.replaceChildren(...parts);
    return;
  }
  [...old.children].forEach((part, at) => {
    if (written.get(part) === written.get(parts[at])) return;
    const held = part.contains(document.activeElement) ? document.activeElement.dataset : null;
    part.replaceWith(parts[at]);
    if (held) focusAct(parts[at], held.act, held.target);
  });
}

/** Put the focus on the button of an act, if it is still offered. */
export function focusAct(within, act, target) {
  const buttons = [...within.querySelectorAll("[data-act]")].filter((each) => each.dataset.act === act);
  (buttons.find((each) => each.dataset.target === target) ?? buttons[0])?.focus();
}
