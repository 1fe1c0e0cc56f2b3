/**
 * Shows a column's prompt as the model reads it, the context that it takes, and the examples that are left out. Where
 * there is no room for all examples, those between the first and the last are folded until the reader unfolds them.
 *
 * @typedef {object} Built  a column's prompt as the server built it; after an error nothing else is there
 * @property {string} [error]
 * @property {string} text
 * @property {boolean} templated  whether the chat template is in the text
 * @property {{role: string, content: string}[]} turns  those of which the chat template wrote the text, none without it
 * @property {string | null} content_free  the same prompt with an input that says nothing, if the task has labels
 * @property {number[]} ids
 * @property {{kind: string, example: number, tokens: number}[]} parts  `example` is below 0 for a part of another kind
 * @property {number[]} shots  the examples in the prompt, by their places in the task
 * @property {number[]} left_out
 *
 * @typedef {object} Answered  what the server answers
 * @property {Built[]} columns
 * @property {number} window  the number of tokens that the model can read
 * @property {boolean} is_busy  whether the model works on other texts
 */

import { button, make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { breakable } from "../common/word_breaks.js";
import { KINDS, Meter } from "./meter.js";

export class PromptView {
  #textOf;
  #onTurn;
  /** @type {HTMLElement[]} the parts of the examples that can be folded */
  #middle = [];
  /** @type {boolean | null} whether they are folded; null until the reader chooses: as there is room */
  #isFolded = null;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {() => void} onTurn  called when the reader folds or unfolds examples
   */
  constructor(textOf, onTurn) {
    this.#textOf = textOf;
    this.#onTurn = onTurn;
    this.meter = new Meter();
    this.prompt = make("div", "pg-prompts-prompt");
    this.prompt.tabIndex = 0;
    this.prompt.role = "group";
    this.prompt.ariaLabel = t("The prompt as the model reads it");
    this.fold = button("", () => this.#turn(), "pg-link pg-prompts-fold");
    this.left = make("p", "pg-prompts-left-out");
    this.elements = [this.prompt, this.meter.element, this.left];
  }

  /** @returns {number} how high the prompt is, in pixels */
  get height() {
    return this.prompt.offsetHeight;
  }

  /** Removes the prompt, because it cannot be built. The meter stays as it is. */
  clear() {
    this.prompt.replaceChildren();
    this.#middle = [];
    setText(this.left, "");
  }

  /** @param {Built} built @param {import("./meter.js").Room} room */
  show(built, room) {
    this.meter.show(built.parts, room);
    const parts = this.#partsOf(built);
    const numbers = parts.map(({ dataset }) => dataset.example).filter((number) => number !== undefined);
    this.#middle = between(parts, numbers[0], numbers.at(-1));
    this.prompt.replaceChildren(...parts);
    this.#middle[0]?.before(this.fold);
    this.prompt.scrollTop = 0;
    const names = built.left_out.map((number) => number + 1).join(", ");
    setText(this.left, names && t("These examples do not fit: {examples}.", { examples: names }));
  }

  #turn() {
    this.#isFolded = !this.#middle[0].hidden;
    this.#onTurn();
  }

  /** Folds the examples in the middle if the reader wants that, or if the prompt is too long for its place. */
  fit() {
    if (!this.#middle.length) return;
    this.#hide(this.#isFolded ?? false);
    if (this.#isFolded === null && this.prompt.scrollHeight > this.prompt.clientHeight) this.#hide(true);
  }

  #hide(isFolded) {
    const numbers = this.#middle.flatMap(({ dataset }) => (dataset.example === undefined ? [] : [Number(dataset.example) + 1]));
    const [first, last] = [numbers[0], numbers.at(-1)];
    for (const part of this.#middle) part.hidden = isFolded;
    setText(this.fold, isFolded ? `▸ ${unfolds(first, last)}` : `▾ ${folds(first, last)}`);
    this.fold.ariaExpanded = String(!isFolded);
    this.fold.hidden = !isFolded && this.#isFolded === null; // everything is in view anyway
    this.prompt.classList.toggle("pg-prompts-whole", this.#isFolded === false);
  }

  /** @param {Built} built @returns {HTMLElement[]} */
  #partsOf({ parts, ids }) {
    let place = 0;
    let startsLine = true;
    const endsAt = (at) => isBreak(this.#textOf(ids[at])) && !(at + 1 < ids.length && isBreak(this.#textOf(ids[at + 1])));
    return parts.map(({ kind, example, tokens }) => {
      const texts = ids.slice(place, place + tokens).map(this.#textOf);
      const from = place;
      const chips = ids.slice(place, place + tokens).flatMap((id, at) => this.#chip(id, kind, example, endsAt(from + at)));
      const part = make("div", "pg-prompts-part", ...breakable(chips));
      const endsLine = texts.at(-1)?.endsWith("⏎") ?? false;
      part.classList.toggle("pg-prompts-lines", startsLine && endsLine);
      if (example >= 0) part.dataset.example = String(example);
      place += tokens;
      if (texts.length) startsLine = endsLine;
      return part;
    });
  }

  #chip(id, kind, example, endsLine) {
    const text = this.#textOf(id);
    const chip = make("span", "pg-token", text);
    chip.dataset.kind = kind;
    const part = example < 0 ? KINDS[kind] : t("example {number}", { number: example + 1 });
    chip.title = t("{part}, id {id}", { part, id: String(id) });
    return endsLine ? [chip, document.createElement("br")] : [chip];
  }
}

const unfolds = (first, last) =>
  first === last ? t("Show example {first}", { first }) : t("Show examples {first} to {last}", { first, last });

const folds = (first, last) =>
  first === last ? t("Fold example {first}", { first }) : t("Fold examples {first} to {last}", { first, last });

/** Returns whether a token breaks the line. Several of them in a row are shown on one line. @param {string} text */
const isBreak = (text) => text.includes("⏎");

/**
 * Returns the parts after the first example and before the last one, if there are examples among them.
 *
 * @param {HTMLElement[]} parts @param {string | undefined} first @param {string | undefined} last
 */
function between(parts, first, last) {
  const start = parts.findLastIndex(({ dataset }) => dataset.example === first) + 1;
  const inside = parts.slice(start, parts.findIndex(({ dataset }) => dataset.example === last));
  return first !== undefined && inside.some(({ dataset }) => dataset.example !== undefined) ? inside : [];
}
