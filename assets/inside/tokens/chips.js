/** Shows the tokens of a text as chips with their ids and bytes. One is chosen; a pointer on one tells it for a moment. */

import { make, nearest, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { TokenChoice } from "../../common/token_choice.js";
import { breakable } from "../../common/word_breaks.js";
import { factsOf } from "./words.js";

const LONGEST_BYTES = 6; // of a chip; the facts below tell all of them

export class Chips {
  #state;
  /** @type {HTMLElement[]} */
  #chips = [];
  #drawn = null;

  /**
   * @param {import("./state.js").State} state
   * @param {(index: number) => void} onChoose @param {(index: number | null) => void} onHover
   */
  constructor(state, onChoose, onHover) {
    this.#state = state;
    this.list = make("div", "pg-pieces");
    this.list.ariaLabel = t("Tokens of the text");
    this.choice = new TokenChoice(this.list, this.list, "pg-piece", onChoose);
    const indexOf = (event) => nearest(event, "[role=option]")?.dataset.index;
    this.list.addEventListener("pointerover", (event) => onHover(indexOf(event) === undefined ? null : Number(indexOf(event))));
    this.list.addEventListener("pointerleave", () => onHover(null));
    this.facts = make("dl", "pg-piece-facts");
    this.element = make("div", "pg-pieces-place", this.list, this.facts);
  }

  show() {
    const { answer, chosen } = this.#state;
    if (answer !== this.#drawn) this.#draw(answer);
    this.choice.mark(chosen);
    this.#markWord();
    this.#tell();
  }

  #draw(answer) {
    this.#drawn = answer;
    this.choice.clear();
    this.#chips = (answer?.tokens ?? []).map(chipOf);
    for (const [index, chip] of this.#chips.entries()) this.choice.add(chip, index);
    this.list.replaceChildren(...breakable(this.#chips));
  }

  /** Marks the tokens that belong to the word of the chosen one. */
  #markWord() {
    const { word } = this.#state;
    for (const [index, chip] of this.#chips.entries()) {
      chip.classList.toggle("pg-piece-of-word", word !== null && word.first <= index && index <= word.last);
    }
  }

  #tell() {
    const { told, answered, hovered, chosen } = this.#state;
    const facts = told ? factsOf(told, hovered ?? chosen, answered) : [];
    if (this.facts.childElementCount !== facts.length) {
      this.facts.replaceChildren(...facts.map(() => make("div", "", make("dt"), make("dd"))));
    }
    facts.forEach(([name, value], place) => {
      const [term, detail] = this.facts.children[place].children;
      setText(term, name);
      setText(detail, value);
    });
  }
}

/** @param {import("./state.js").Token} token @returns {HTMLElement} */
export function chipOf(token) {
  const bytes = token.bytes.split(" ");
  const shown = bytes.length > LONGEST_BYTES ? `${bytes.slice(0, LONGEST_BYTES - 1).join(" ")} …` : token.bytes;
  const chip = make(
    "span", "pg-piece", make("span", "pg-token pg-piece-text", token.shown),
    make("span", "pg-piece-id", String(token.id)), make("span", "pg-piece-bytes", shown),
  );
  if (token.special) chip.classList.add("pg-piece-special");
  return chip;
}
