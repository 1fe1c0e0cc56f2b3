/**
 * The strip of tokens: the prompt's muted, the generated ones shaded by probability and selectable.
 *
 * One stop for the Tab key; arrow keys, Home and End move the selection inside (a listbox with an active descendant).
 */

import { make } from "./dom.js";
import { percent } from "./words.js";

const SHADES = 8;

export class TokenStrip {
  #options = []; // one element a step
  #traceId = null;
  #selected = -1;
  #onSelect;
  #textOf;

  /**
   * @param {(id: number) => string} textOf  a token's text
   * @param {(index: number) => void} onSelect  the user chose a step
   */
  constructor(textOf, onSelect) {
    this.#textOf = textOf;
    this.#onSelect = onSelect;
    this.prompt = make("span", "pg-strip-prompt");
    this.list = make("span", "pg-strip-list");
    this.list.role = "listbox";
    this.list.tabIndex = 0;
    this.list.ariaLabel = "Generated tokens";
    this.list.ariaOrientation = "horizontal";
    this.list.addEventListener("click", (event) => this.#choose(event.target.closest("[role=option]")));
    this.list.addEventListener("keydown", (event) => this.#onKey(event));
    this.element = make("div", "pg-strip", this.prompt, this.list);
    /** What the shades mean, to place beside the strip. */
    this.legend = make("span", "pg-shades", "unlikely ", ...Array.from({ length: SHADES }, shadePatch), " likely");
    this.legend.ariaHidden = "true";
  }

  /**
   * @param {import("./trace.js").Trace} trace
   * @param {number} selected  index of the step in view, or -1
   * @param {boolean} follows  whether the end stays in view, rather than the selected step
   */
  show(trace, selected, follows) {
    if (trace.id !== this.#traceId) this.#begin(trace);
    for (const step of trace.steps.slice(this.#options.length)) this.#append(step);
    this.#mark(selected);
    const inView = follows ? this.#options.at(-1) : this.#options[selected];
    if (inView) this.#scrollTo(inView);
  }

  #begin(trace) {
    this.#traceId = trace.id;
    this.#options = [];
    this.#selected = -1;
    this.list.replaceChildren();
    this.list.removeAttribute("aria-activedescendant");
    this.prompt.replaceChildren(...trace.header.prompt_ids.flatMap((id) => this.#chip(id)));
    this.element.scrollTop = this.element.scrollHeight;
  }

  #append(step) {
    const [option, ...lineBreak] = this.#chip(step.token_id);
    option.role = "option";
    option.id = `pg-step-${step.index}`;
    option.dataset.index = step.index;
    option.dataset.shade = Math.min(SHADES - 1, Math.floor(step.probability * SHADES));
    option.ariaSelected = "false";
    option.title = `${percent(step.probability)}, rank ${step.rank}`;
    this.#options.push(option);
    this.list.append(option, ...lineBreak);
  }

  #chip(id) {
    const text = this.#textOf(id);
    const chip = make("span", "pg-token", text);
    return text.includes("⏎") ? [chip, document.createElement("br")] : [chip];
  }

  #mark(selected) {
    if (selected === this.#selected) return;
    if (this.#options[this.#selected]) this.#options[this.#selected].ariaSelected = "false";
    this.#selected = selected;
    const option = this.#options[selected];
    if (!option) return;
    option.ariaSelected = "true";
    this.list.setAttribute("aria-activedescendant", option.id);
  }

  /** Scrolls the strip alone: `scrollIntoView` would move the page too. */
  #scrollTo(option) {
    const strip = this.element;
    const top = option.offsetTop - strip.clientTop;
    const margin = option.offsetHeight / 4;
    if (top - margin < strip.scrollTop) strip.scrollTop = top - margin;
    const bottom = top + option.offsetHeight + margin;
    if (bottom > strip.scrollTop + strip.clientHeight) strip.scrollTop = bottom - strip.clientHeight;
  }

  #choose(option) {
    if (option) this.#onSelect(Number(option.dataset.index));
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#options.length) return;
    const last = this.#options.length - 1;
    const target = { ArrowLeft: this.#selected - 1, ArrowRight: this.#selected + 1, Home: 0, End: last }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#onSelect(Math.min(Math.max(target, 0), last));
  }
}

function shadePatch(_, shade) {
  const patch = make("span", "pg-shade");
  patch.dataset.shade = shade;
  return patch;
}
