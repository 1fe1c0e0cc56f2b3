/**
 * Shows the strip of tokens: the prompt's, then the generated ones. Generated tokens are shaded and can be selected; so
 * can the prompt's once they are scored. Repeated tokens are underlined, and a token that holds only a part of a
 * character says of which. Reasoning can be folded. The Space key plays or pauses. Beside the strip is the text as a person reads it.
 */

import { make, patch } from "../common/dom.js";
import { t } from "../common/language.js";
import { sharedCharacters } from "../common/readable.js";
import { SHADINGS } from "../common/shading.js";
import { TokenChoice } from "../common/token_choice.js";
import { origin } from "../common/words.js";
import { term } from "../glossary/term.js";
import { ReasoningFold } from "./reasoning.js";
import { WholeText } from "./whole_text.js";

const IS_PART = /‹[0-9A-F]{2}[ ›]/; // a token with bytes that form no character

export class TokenStrip {
  #options = []; // one element a step
  #chips = []; // one element a token of the prompt
  #trace = null;
  #isScored = false; // whether the prompt's tokens are options
  #shading = SHADINGS.probability;
  #choice;
  #onPlay;
  #textOf;
  /** Called with the name of the shading when the reader chooses another one. @type {(name: string) => void} */
  onShading = () => {};

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {(index: number) => void} onSelect  called when the reader chooses a step
   * @param {() => void} onPlay  called when the reader presses Space
   */
  constructor(textOf, onSelect, onPlay) {
    this.#textOf = textOf;
    this.#onPlay = onPlay;
    this.prompt = make("span", "pg-strip-prompt");
    this.completion = make("span", "pg-strip-completion");
    this.prompt.role = this.completion.role = "group";
    this.prompt.ariaLabel = t("Prompt tokens");
    this.completion.ariaLabel = t("Generated tokens");
    this.list = make("span", "pg-strip-list", this.prompt, this.completion);
    this.list.ariaLabel = t("Tokens");
    this.list.addEventListener("keydown", (event) => this.#onKey(event));
    this.scroller = make("div", "pg-strip", this.list);
    this.text = new WholeText(textOf);
    this.element = make("div", "pg-strip-row", this.scroller, this.text.buttons, this.text.element);
    this.#choice = new TokenChoice(this.list, this.scroller, "pg-step", onSelect);
    this.reasoning = new ReasoningFold();
    this.shadings = make("select", "pg-select", ...Object.entries(SHADINGS).map(([name, { label }]) => Object.assign(make("option", "", label), { value: name })));
    this.shadings.ariaLabel = t("Colour by");
    this.shadings.addEventListener("change", () => this.#shadeBy(this.shadings.value));
    this.legend = make("span", "pg-shades");
    this.legend.ariaHidden = "true";
    /** The choice of shading and its legend. The caller places them beside the strip. */
    this.key = make("span", "pg-shading", make("span", "", `${t("colour by")} `), this.shadings, this.legend);
    const repeated = make("span", "pg-repeated-key", make("span", "pg-repeated", t("repeated")));
    repeated.title = t("Part of three or more tokens in a row that occurred in the text before");
    this.key.append(repeated);
    /** What the signs in the tokens mean. The caller places them beside the strip. */
    this.signs = [term("·"), term("⏎"), term("‹E2 96›", "‹E2›")];
    for (const sign of this.signs) sign.classList.add("pg-sign");
    this.#shadeBy("probability");
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {number | null} selected  the index of the step in view
   * @param {boolean} follows  whether the end stays in view instead of the selected step
   */
  show(trace, selected, follows) {
    const isNew = trace.id !== this.#trace?.id;
    if (isNew) this.#begin(trace);
    this.#trace = trace;
    const news = trace.steps.slice(this.#options.length);
    for (const step of news) this.#append(step);
    if (isNew || news.length) this.reasoning.read(this.#chips, this.#options);
    if (news.some((step) => IS_PART.test(this.#textOf(step.token_id)))) this.#tellParts();
    this.text.show(trace);
    if (trace.given.length && !this.#isScored) this.#score(trace.given);
    this.reasoning.reveal(selected);
    this.#choice.mark(selected);
    const inView = this.#optionOf(follows ? trace.last : selected);
    if (inView) this.#choice.scrollTo(inView);
  }

  /** Marks the generated tokens that are green under a watermark. @param {boolean[]} isGreen  of each of them, or empty */
  markGreen(isGreen) {
    for (const [index, option] of this.#options.entries()) {
      if (option.classList.contains("pg-green") === Boolean(isGreen[index])) continue;
      option.classList.toggle("pg-green");
      this.#shade(option, this.#trace.steps[index]);
    }
  }

  /** @returns {string} the name of the shading */
  get shading() {
    return this.shadings.value;
  }

  /** @returns {HTMLElement[]} the elements of all tokens in the order of the text, the prompt's included */
  get chips() {
    return [...this.#chips, ...this.#options];
  }

  #begin(trace) {
    const chips = trace.header.prompt_ids.map((id) => this.#chip(id));
    this.#chips = chips.map(([chip]) => chip);
    this.#options = [];
    this.#isScored = false;
    this.#choice.clear();
    this.prompt.replaceChildren(...chips.flat());
    this.completion.replaceChildren();
    if (this.#chips.some((chip) => IS_PART.test(chip.textContent))) this.#tellParts();
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #append(step) {
    const [option, ...lineBreak] = this.#chip(step.token_id);
    this.#options.push(option);
    this.#makeOption(step);
    this.completion.append(option, ...lineBreak);
  }

  /** Says at each token that holds only a part of a character which character that is. */
  #tellParts() {
    const { chips } = this;
    const shared = sharedCharacters(chips.map((chip) => chip.textContent));
    for (const [place, character] of shared.entries()) {
      const chip = chips[place];
      if (!character || chip.dataset.whole === character) continue;
      chip.dataset.whole = character;
      chip.title = [partOf(chip), chip.title].filter(Boolean).join(", ");
    }
  }

  /** Makes the prompt's tokens options without moving them. */
  #score(given) {
    this.#isScored = true;
    for (const step of given) this.#makeOption(step);
  }

  #makeOption(step) {
    const option = this.#optionOf(step.index);
    this.#choice.add(option, step.index);
    option.classList.toggle("pg-forced", step.forced === true);
    this.#shade(option, step);
    for (let back = 0; back < (step.repeats ?? 0); back++) {
      this.#optionOf(step.index - back).classList.add("pg-repeated");
    }
  }

  /** @returns {HTMLElement | undefined} the element of a step, or of a prompt's token if `index` is below 0 */
  #optionOf(index) {
    return index < 0 ? this.#chips.at(index) : this.#options[index];
  }

  #shadeBy(name) {
    this.#shading = SHADINGS[name];
    this.legend.replaceChildren(...this.#shading.legend.map((part) => (typeof part === "number" ? patch("shade", part) : part)));
    const steps = this.#trace ? [...this.#trace.given, ...this.#trace.steps] : [];
    for (const step of steps) this.#shade(this.#optionOf(step.index), step);
    this.onShading(name);
  }

  #shade(option, step) {
    delete option.dataset.shade;
    if (!this.#shading.shade) return;
    option.dataset.shade = String(this.#shading.shade(step));
    const facts = Object.values(SHADINGS).flatMap(({ words }) => words?.(step) ?? []);
    const green = option.classList.contains("pg-green") ? t("green") : "";
    option.title = [partOf(option), step.forced ? origin(step) : "", green, ...facts].filter(Boolean).join(", ");
  }

  #chip(id) {
    const text = this.#textOf(id);
    const chip = make("span", "pg-token", text);
    return text.includes("⏎") ? [chip, document.createElement("br")] : [chip];
  }

  #onKey(event) {
    if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey || this.#choice.isEmpty) return;
    event.preventDefault();
    this.#onPlay();
  }
}

const partOf = ({ dataset }) => (dataset.whole ? t("part of {character}", { character: dataset.whole }) : "");
