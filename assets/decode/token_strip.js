/**
 * The strip of tokens: the prompt's, then the generated ones, shaded and selectable; the prompt's too, once scored.
 * What stood in the text before is underlined.
 *
 * One stop for the Tab key; arrow keys, Home and End move the selection inside (a listbox with an active descendant),
 * and Space plays or pauses.
 */

import { make } from "../common/dom.js";
import { SHADINGS } from "../common/shading.js";
import { origin } from "../common/words.js";

export class TokenStrip {
  #options = []; // one element a step
  #chips = []; // one element a token of the prompt
  #trace = null;
  #isScored = false; // whether the prompt's tokens are options
  #shading = SHADINGS.probability;
  #selected = null;
  #onSelect;
  #onPlay;
  #textOf;
  /** Called when something else is to colour the strip; gets its name. */
  onShading = () => {};

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
    this.completion = make("span", "pg-strip-completion");
    this.prompt.role = this.completion.role = "group";
    this.prompt.ariaLabel = "Prompt tokens";
    this.completion.ariaLabel = "Generated tokens";
    this.list = make("span", "pg-strip-list", this.prompt, this.completion);
    this.list.role = "listbox";
    this.list.tabIndex = 0;
    this.list.ariaLabel = "Tokens";
    this.list.ariaOrientation = "horizontal";
    this.list.addEventListener("click", (event) => this.#choose(event.target.closest("[role=option]")));
    this.list.addEventListener("keydown", (event) => this.#onKey(event));
    this.element = make("div", "pg-strip", this.list);
    this.shadings = make("select", "pg-select", ...Object.keys(SHADINGS).map((name) => make("option", "", name)));
    this.shadings.ariaLabel = "Colour by";
    this.shadings.addEventListener("change", () => this.#shadeBy(this.shadings.value));
    this.legend = make("span", "pg-shades");
    this.legend.ariaHidden = "true";
    /** What the shades mean, to place beside the strip. */
    this.key = make("span", "pg-shading", make("span", "", "colour by "), this.shadings, this.legend);
    const repeated = make("span", "pg-repeated-key", make("span", "pg-repeated", "underlined"), " repeated");
    repeated.title = "Part of three or more tokens in a row that stood in the text before";
    this.key.append(repeated);
    this.#shadeBy("probability");
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {number | null} selected  index of the step in view
   * @param {boolean} follows  whether the end stays in view, rather than the selected step
   */
  show(trace, selected, follows) {
    if (trace.id !== this.#trace?.id) this.#begin(trace);
    this.#trace = trace;
    for (const step of trace.steps.slice(this.#options.length)) this.#append(step);
    if (trace.given.length && !this.#isScored) this.#score(trace.given);
    this.#mark(selected);
    const inView = this.#optionOf(follows ? trace.last : selected);
    if (inView) this.#scrollTo(inView);
  }

  /** @returns {string} by what the tokens are coloured */
  get shading() {
    return this.shadings.value;
  }

  /** @returns {HTMLElement[]} every token in the order of the text, the prompt's too */
  get chips() {
    return [...this.#chips, ...this.#options];
  }

  #begin(trace) {
    const chips = trace.header.prompt_ids.map((id) => this.#chip(id));
    this.#chips = chips.map(([chip]) => chip);
    this.#options = [];
    this.#isScored = false;
    this.#selected = null;
    this.list.removeAttribute("aria-activedescendant");
    this.prompt.replaceChildren(...chips.flat());
    this.completion.replaceChildren();
    this.element.scrollTop = this.element.scrollHeight;
  }

  #append(step) {
    const [option, ...lineBreak] = this.#chip(step.token_id);
    this.#options.push(option);
    this.#makeOption(step);
    this.completion.append(option, ...lineBreak);
  }

  /** Makes options of the prompt's tokens, where they stand. */
  #score(given) {
    this.#isScored = true;
    for (const step of given) this.#makeOption(step);
  }

  #makeOption(step) {
    const option = this.#optionOf(step.index);
    option.role = "option";
    option.id = `pg-step-${step.index}`;
    option.dataset.index = step.index;
    option.ariaSelected = "false";
    option.classList.toggle("pg-forced", step.forced === true);
    this.#shade(option, step);
    for (let back = 0; back < (step.repeats ?? 0); back++) {
      this.#optionOf(step.index - back).classList.add("pg-repeated");
    }
  }

  /** @returns {HTMLElement | undefined} the element of a step; below 0, of a token of the prompt */
  #optionOf(index) {
    return index < 0 ? this.#chips.at(index) : this.#options[index];
  }

  #shadeBy(name) {
    this.#shading = SHADINGS[name];
    this.legend.replaceChildren(...this.#shading.legend.map((part) => (typeof part === "number" ? patch(part) : part)));
    const steps = this.#trace ? [...this.#trace.given, ...this.#trace.steps] : [];
    for (const step of steps) this.#shade(this.#optionOf(step.index), step);
    this.onShading(name);
  }

  #shade(option, step) {
    delete option.dataset.shade;
    if (!this.#shading.shade) return;
    option.dataset.shade = this.#shading.shade(step);
    const facts = Object.values(SHADINGS).flatMap(({ words }) => words?.(step) ?? []);
    option.title = [...(step.forced ? [origin(step)] : []), ...facts].join(", ");
  }

  #chip(id) {
    const text = this.#textOf(id);
    const chip = make("span", "pg-token", text);
    return text.includes("⏎") ? [chip, document.createElement("br")] : [chip];
  }

  #mark(selected) {
    if (selected === this.#selected) return;
    const option = selected === null ? undefined : this.#optionOf(selected);
    if (option?.role !== "option") return;
    if (this.#selected !== null) this.#optionOf(this.#selected).ariaSelected = "false";
    this.#selected = selected;
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
    if (event.ctrlKey || event.metaKey || event.altKey || !this.list.querySelector("[role=option]")) return;
    if (event.key === " ") {
      event.preventDefault();
      this.#onPlay();
      return;
    }
    const { first, last } = this.#trace;
    const now = this.#selected ?? -1;
    const home = now > 0 ? 0 : first; // to the completion's first token, and from there to the prompt's
    const target = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: home, End: last }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#onSelect(Math.min(Math.max(target, first), last));
  }
}

function patch(shade) {
  const element = make("span", "pg-shade");
  element.dataset.shade = shade;
  return element;
}
