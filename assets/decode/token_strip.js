/**
 * The strip of tokens: the prompt's muted, the generated ones shaded by probability and selectable.
 *
 * One stop for the Tab key; arrow keys, Home and End move the selection inside (a listbox with an active descendant),
 * and Space plays or pauses.
 */

import { make } from "../common/dom.js";
import { SHADINGS } from "../common/shading.js";

export class TokenStrip {
  #options = []; // one element a step
  #steps = [];
  #shading = SHADINGS.probability;
  #traceId = null;
  #selected = -1;
  #onSelect;
  #onPlay;
  #textOf;

  /**
   * @param {(id: number) => string} textOf  a token's text
   * @param {(index: number) => void} onSelect  the user chose a step
   * @param {() => void} onPlay  the user pressed Space
   */
  constructor(textOf, onSelect, onPlay) {
    this.#textOf = textOf;
    this.#onSelect = onSelect;
    this.#onPlay = onPlay;
    this.prompt = make("span", "pg-strip-prompt");
    this.list = make("span", "pg-strip-list");
    this.list.role = "listbox";
    this.list.tabIndex = 0;
    this.list.ariaLabel = "Generated tokens";
    this.list.ariaOrientation = "horizontal";
    this.list.addEventListener("click", (event) => this.#choose(event.target.closest("[role=option]")));
    this.list.addEventListener("keydown", (event) => this.#onKey(event));
    this.element = make("div", "pg-strip", this.prompt, this.list);
    this.shadings = make("select", "pg-select", ...Object.keys(SHADINGS).map((name) => make("option", "", name)));
    this.shadings.ariaLabel = "Colour by";
    this.shadings.addEventListener("change", () => this.#shadeBy(this.shadings.value));
    this.legend = make("span", "pg-shades");
    this.legend.ariaHidden = "true";
    /** What the shades mean, to place beside the strip. */
    this.key = make("span", "pg-shading", "colour by ", this.shadings, this.legend);
    this.#shadeBy("probability");
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
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
    this.#steps = [];
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
    option.ariaSelected = "false";
    this.#options.push(option);
    this.#steps.push(step);
    this.#shade(option, step);
    this.list.append(option, ...lineBreak);
  }

  #shadeBy(name) {
    this.#shading = SHADINGS[name];
    this.legend.replaceChildren(...this.#shading.legend.map((part) => (typeof part === "number" ? patch(part) : part)));
    this.#options.forEach((option, index) => this.#shade(option, this.#steps[index]));
  }

  #shade(option, step) {
    option.dataset.shade = this.#shading.shade(step);
    option.title = Object.values(SHADINGS).map(({ words }) => words(step)).join(", ");
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
    if (event.key === " ") {
      event.preventDefault();
      this.#onPlay();
      return;
    }
    const last = this.#options.length - 1;
    const target = { ArrowLeft: this.#selected - 1, ArrowRight: this.#selected + 1, Home: 0, End: last }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#onSelect(Math.min(Math.max(target, 0), last));
  }
}

function patch(shade) {
  const element = make("span", "pg-shade");
  element.dataset.shade = shade;
  return element;
}
