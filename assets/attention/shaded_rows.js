/** Shows the tokens of the texts in view, shaded by the weights of the query, and says a weight in a sentence. */

import { choice, hidesFirst } from "./choice.js";
import { heatShade } from "./heat.js";
import { fetchHeads } from "./reader.js";
import { largest, withoutFirst } from "./weights.js";
import { keyWeight, querySentence } from "./words.js";
import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { recomputedSentence } from "../common/recomputed.js";
import { TokenRow } from "../inside/token_row.js";
import { TokenRows } from "../inside/token_rows.js";

const SOURCES = [t("Tokens of the source"), t("Tokens of the second source")];

export class ShadedRows {
  /** @type {import("./state.js").State} */
  #state;
  #rows;
  /** @type {TokenRow[]} the tokens looked at, where they are those of another text */
  #sources;

  /**
   * @param {import("./state.js").State} state
   * @param {(query: number) => void} onQuery
   * @param {(key: number | null) => void} onKey  called with the chosen key, null for none
   */
  constructor(state, onQuery, onKey) {
    this.#state = state;
    this.#rows = new TokenRows(state, onQuery, onKey, (key) => this.say(key));
    this.#sources = SOURCES.map((name, place) => {
      const turn = (key) => state.keyInFirst(place, key) === -1 || onKey(state.keyInFirst(place, key));
      const row = new TokenRow(name, turn, turn, (key) => place === 0 && this.say(key));
      row.element.dataset.side = t("source");
      return row;
    });
    this.said = make("p", "pg-weight-said");
    const sources = this.#sources.map((row) => row.element);
    this.elements = [...this.#rows.elements.flatMap((row, place) => [row, sources[place]]), this.said];
  }

  /** Begins with other texts. */
  begin() {
    this.#rows.begin();
    for (const [place, { element }] of this.#rows.rows.entries()) element.dataset.side = sideOf(this.#state.texts[place]);
    this.#sources.forEach((row, place) => {
      const text = this.#state.texts[place];
      row.element.hidden = text?.kind !== "cross";
      row.begin(text?.kind === "cross" ? text.keyTokens : []);
    });
  }

  /** Marks the query and the key in view. */
  choose() {
    const { text, texts, query, key, second } = this.#state;
    if (text?.kind !== "cross") return this.#rows.choose();
    [[query, key], second].forEach(([own, looked], place) => {
      if (!texts[place]) return;
      this.#rows.rows[place].choose(own, null);
      this.#sources[place].choose(looked ?? -1, looked);
    });
  }

  /** Shades the first text. The second has no shades until its own row is there. */
  show() {
    this.shade(0, this.#state.row(choice()));
    this.#rowOfKeys(1).clear();
    this.say(this.#state.key);
  }

  /** Fetches the second text's rows of the same token, and shades it by them. @param {(sentence: string) => void} refuse */
  async readSecond(refuse) {
    const state = this.#state;
    const [text, query] = [state.texts[1], state.second[0]];
    if (!text || query < 0) return;
    try {
      const heads = await fetchHeads(text, query + 1);
      if (state.wantsRows(text, query)) this.shade(1, state.rowInSecond(heads, choice()));
    } catch (error) {
      if (state.wantsRows(text, query)) refuse(error.message);
    }
  }

  /** @param {number} place  0 for the first text @param {import("./weights.js").Weights} row  with the first token */
  shade(place, row) {
    const hides = hidesFirst(this.#state.texts[place]);
    const shown = hides ? withoutFirst(row) : row;
    const top = largest(shown);
    const shadeOf = (key) => (Number.isNaN(shown[key]) ? "hidden" : heatShade(shown[key], top, this.#state.isLog));
    this.#rowOfKeys(place).shade(shown.length, shadeOf, (key) => keyWeight(row, key, hides));
  }

  /** @param {number} place @returns {TokenRow} the row whose tokens are looked at */
  #rowOfKeys(place) {
    return this.#state.texts[place]?.kind === "cross" ? this.#sources[place] : this.#rows.rows[place];
  }

  /** Says the weight of one token, or the row's largest weights if `key` is null. */
  say(key) {
    const { text, query, heads, isRollout } = this.#state;
    const row = this.#state.row(choice());
    const note = isRollout ? "" : recomputedSentence(heads);
    if (row) setText(this.said, querySentence(text, query, row, key, hidesFirst(text), note));
  }
}

/** @param {import("./sides.js").Sides | undefined} text @returns {string} whose tokens look, or nothing where a text has no source */
function sideOf(text) {
  if (text?.kind === "cross") return t("decoder");
  return text?.isOfSource ? t("source") : "";
}
