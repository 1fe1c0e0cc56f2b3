/**
 * Shows the tokens of the texts in view, shaded by the weights of the query, and says a weight in a sentence. What the
 * reader chooses in the second text is told as a token of the first. A token that the first does not have is not told.
 */

import { choice } from "./choice.js";
import { TokenRow } from "./token_row.js";
import { withoutFirst } from "./weights.js";
import { keyWeight, querySentence } from "./words.js";
import { make, setText } from "../common/dom.js";

const NAMES = ["Tokens of the text", "Tokens of the second text"];

export class TokenRows {
  /** @type {import("./state.js").State} */
  #state;

  /**
   * @param {import("./state.js").State} state
   * @param {(query: number) => void} onQuery
   * @param {(key: number | null) => void} onKey  called with the chosen key, null for none
   */
  constructor(state, onQuery, onKey) {
    this.#state = state;
    this.rows = NAMES.map((name, place) => {
      const toFirst = (tell) => (index) => state.inFirst(place, index) === -1 || tell(state.inFirst(place, index));
      return new TokenRow(name, toFirst(onQuery), toFirst(onKey), (index) => this.say(place === 0 ? index : null));
    });
    this.said = make("p", "pg-weight-said");
    this.elements = [...this.rows.map((row) => row.element), this.said];
  }

  /** Begins with other texts. */
  begin() {
    const { texts } = this.#state;
    this.rows.forEach((row, place) => {
      row.element.hidden = !texts[place];
      row.begin(texts[place]?.tokens ?? []);
    });
  }

  /** Marks the query and the key in view. */
  choose() {
    const { query, key, second } = this.#state;
    this.rows[0].choose(query, key);
    this.rows[1].choose(...second);
  }

  /** Shades the first text. The second has no shades until its own row is there. */
  show() {
    this.shade(0, this.#state.row(choice()));
    this.rows[1].clear();
    this.say(this.#state.key);
  }

  /** @param {number} place  0 for the first text @param {import("./weights.js").Weights} row  with the first token */
  shade(place, row) {
    const { hidesFirst } = choice();
    const shown = hidesFirst ? withoutFirst(row) : row;
    this.rows[place].shade(shown, this.#state.isLog, (key) => keyWeight(row, key, hidesFirst));
  }

  /** Says the weight of one token, or the row's largest weights if `key` is null. */
  say(key) {
    const { text, query } = this.#state;
    const row = this.#state.row(choice());
    if (row) setText(this.said, querySentence(text.tokens, query, row, key, choice().hidesFirst));
  }
}
