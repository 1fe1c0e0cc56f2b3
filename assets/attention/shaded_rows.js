/** Shows the tokens of the texts in view, shaded by the weights of the query, and says a weight in a sentence. */

import { choice } from "./choice.js";
import { heatShade } from "./heat.js";
import { largest, withoutFirst } from "./weights.js";
import { keyWeight, querySentence } from "./words.js";
import { make, setText } from "../common/dom.js";
import { recomputedSentence } from "../common/recomputed.js";
import { TokenRows } from "../inside/token_rows.js";

export class ShadedRows {
  /** @type {import("./state.js").State} */
  #state;
  #rows;

  /**
   * @param {import("./state.js").State} state
   * @param {(query: number) => void} onQuery
   * @param {(key: number | null) => void} onKey  called with the chosen key, null for none
   */
  constructor(state, onQuery, onKey) {
    this.#state = state;
    this.#rows = new TokenRows(state, onQuery, onKey, (key) => this.say(key));
    this.said = make("p", "pg-weight-said");
    this.elements = [...this.#rows.elements, this.said];
  }

  /** Begins with other texts. */
  begin() {
    this.#rows.begin();
  }

  /** Marks the query and the key in view. */
  choose() {
    this.#rows.choose();
  }

  /** Shades the first text. The second has no shades until its own row is there. */
  show() {
    this.shade(0, this.#state.row(choice()));
    this.#rows.rows[1].clear();
    this.say(this.#state.key);
  }

  /** @param {number} place  0 for the first text @param {import("./weights.js").Weights} row  with the first token */
  shade(place, row) {
    const { hidesFirst } = choice();
    const shown = hidesFirst ? withoutFirst(row) : row;
    const top = largest(shown);
    const shadeOf = (key) => (Number.isNaN(shown[key]) ? "hidden" : heatShade(shown[key], top, this.#state.isLog));
    this.#rows.rows[place].shade(shown.length, shadeOf, (key) => keyWeight(row, key, hidesFirst));
  }

  /** Says the weight of one token, or the row's largest weights if `key` is null. */
  say(key) {
    const { text, query, heads, isRollout } = this.#state;
    const row = this.#state.row(choice());
    const note = isRollout ? "" : recomputedSentence(heads);
    if (row) setText(this.said, querySentence(text.tokens, query, row, key, choice().hidesFirst, note));
  }
}
