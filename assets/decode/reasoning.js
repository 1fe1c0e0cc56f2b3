/**
 * Finds the blocks of reasoning in a text, `<think>…</think>` and its kin, and folds them in the strip of tokens. A
 * folded block shows its first and its last token, and how many stand between them. Knows tokens' texts and elements.
 */

import { button, make } from "../common/dom.js";
import { t, tn, tParts } from "../common/language.js";

/** How models begin and end their reasoning. @type {[string, string][]} */
const SIGNS = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["<thought>", "</thought>"],
  ["<reasoning>", "</reasoning>"],
  ["<seed:think>", "</seed:think>"],
  ["[THINK]", "[/THINK]"],
  ["<|START_THINKING|>", "<|END_THINKING|>"],
  ["<|channel|>analysis<|message|>", "<|end|>"],
];
const BLANKS = /^[\s·⏎]*$/;

/**
 * Returns the blocks of reasoning in a completion. A template may begin one at the end of the prompt.
 *
 * @param {string[]} prompt  the texts of the prompt's tokens
 * @param {string[]} completion  the texts of the completion's tokens
 * @returns {[number, number][]} the first and the last token of each block that has ended, by their places in the
 *   completion
 */
export function reasoningBlocks(prompt, completion) {
  const before = prompt.join("");
  const begun = SIGNS.find(([sign]) => before.includes(sign) && BLANKS.test(before.slice(before.lastIndexOf(sign) + sign.length)));
  const text = completion.join("");
  const placeOf = placesIn(completion);
  /** @type {[number, number][]} */
  const blocks = [];
  let end = begun ? closed(text, begun, 0, 0) : 0;
  if (begun && end) blocks.push([0, placeOf(end - 1)]);
  while (end !== null) {
    const from = end;
    const found = SIGNS.map((signs) => ({ signs, at: text.indexOf(signs[0], from) })).filter(({ at }) => at >= 0);
    if (!found.length) break;
    const { signs, at } = found.reduce((one, other) => (other.at < one.at ? other : one));
    end = closed(text, signs, at, signs[0].length);
    if (end !== null) blocks.push([placeOf(at), placeOf(end - 1)]);
  }
  return blocks;
}

/** @returns {number | null} where the block that begins at a place of the text ends, null if it has not ended */
function closed(text, [, sign], at, length) {
  const found = text.indexOf(sign, at + length);
  return found < 0 ? null : found + sign.length;
}

/** @returns {(at: number) => number} a function from a place of the joined texts to the text that holds it */
function placesIn(texts) {
  const ends = [];
  for (const text of texts) ends.push((ends.at(-1) ?? 0) + text.length);
  return (at) => ends.findIndex((end) => at < end);
}

export class ReasoningFold {
  #isFolded = false;
  /** @type {HTMLElement[]} */
  #chips = [];
  /** @type {[number, number][]} */
  #blocks = [];

  constructor() {
    /** The caller places it beside the strip. */
    this.button = button("", () => this.#fold(!this.#isFolded), "pg-button pg-reasoning-fold");
    this.button.append(...tParts("Fold {what}", { what: make("span", "pg-wide", t("reasoning")) })); // short where there is little room
    this.button.ariaLabel = t("Fold reasoning");
    this.button.ariaPressed = "false";
    this.button.hidden = true;
  }

  /**
   * Reads the tokens. Call it whenever some were added.
   *
   * @param {HTMLElement[]} prompt @param {HTMLElement[]} completion  the elements of the tokens
   */
  read(prompt, completion) {
    const texts = (chips) => chips.map((chip) => chip.textContent);
    this.#chips = completion;
    this.#blocks = reasoningBlocks(texts(prompt), texts(completion));
    this.button.hidden = !this.#blocks.length;
    this.#fold(this.#isFolded);
  }

  /** Opens the block that holds the chosen token. @param {number | null} index  its place in the completion */
  reveal(index) {
    if (this.#isFolded && this.#blocks.some(([first, last]) => first < index && index < last)) this.#fold(false);
  }

  #fold(isFolded) {
    this.#isFolded = isFolded;
    this.button.ariaPressed = String(isFolded);
    for (const [first, last] of this.#blocks) {
      const inner = last - first - 1;
      for (let place = first + 1; place < last; place++) this.#chips[place].classList.toggle("pg-folded", isFolded);
      if (isFolded && inner > 0) this.#chips[first].dataset.folded = tn("⋯ {n} token of reasoning ⋯", "⋯ {n} tokens of reasoning ⋯", inner);
      else delete this.#chips[first].dataset.folded;
    }
  }
}
