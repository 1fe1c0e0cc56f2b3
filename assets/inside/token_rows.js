/**
 * Shows the tokens of the texts in view, in which the reader chooses a position. What is chosen in the second text is
 * told as a token of the first. A token that the first does not have is not told.
 *
 * @typedef {object} Shown  what the rows show
 * @property {readonly {tokens: string[]}[]} texts
 * @property {number} query
 * @property {number | null} [key]
 * @property {[query: number, key: number | null]} second  query and key in the second text
 * @property {(place: number, index: number | null) => number | null} inFirst
 */

import { TokenRow } from "./token_row.js";
import { t } from "../common/language.js";

const NAMES = [t("Tokens of the text"), t("Tokens of the second text")];

export class TokenRows {
  #shown;

  /**
   * @param {Shown} shown
   * @param {(query: number) => void} onQuery
   * @param {((key: number | null) => void) | null} [onKey]  called with the chosen key, null for none
   * @param {(token: number | null) => void} [onHover]  called with the first text's token under the pointer, null for none
   */
  constructor(shown, onQuery, onKey = null, onHover = () => {}) {
    this.#shown = shown;
    this.rows = NAMES.map((name, place) => {
      const toFirst = (tell) => (index) => shown.inFirst(place, index) === -1 || tell(shown.inFirst(place, index));
      return new TokenRow(name, toFirst(onQuery), onKey && toFirst(onKey), (index) => onHover(place === 0 ? index : null));
    });
    this.elements = this.rows.map((row) => row.element);
  }

  /** Begins with other texts. */
  begin() {
    const { texts } = this.#shown;
    this.rows.forEach((row, place) => {
      row.element.hidden = !texts[place];
      row.begin(texts[place]?.tokens ?? []);
    });
  }

  /** Marks what is chosen. */
  choose() {
    const { query, key = null, second: [queryInSecond, keyInSecond] } = this.#shown;
    this.rows[0].choose(query, key);
    this.rows[1].choose(queryInSecond, keyInSecond);
  }
}
