/**
 * Which tokens of which texts are compared layer by layer, and the answer. Knows neither the page nor the server.
 *
 * @typedef {import("./reader.js").Pair} Pair
 *
 * @typedef {object} Side  a text, and the token of it that is compared
 * @property {number[]} ids
 * @property {string[]} tokens  as they are shown
 * @property {number} position
 */

export class ContextsState {
  /** @type {Side[]} two or three; the others are compared with the first */
  sides = [];
  /** @type {Pair[] | null} one for each side but the first, once they are there */
  pairs = null;
  /** @type {{done: number, of: number} | null} while texts are read */
  progress = null;
  error = "";

  /** Takes texts, without an answer yet. @param {Side[]} sides */
  open(sides) {
    this.sides = sides;
    this.clear();
  }

  /** @param {number} place @param {number} position */
  turn(place, position) {
    const { ids } = this.sides[place];
    this.sides[place].position = Math.min(Math.max(position, 0), ids.length - 1);
    this.clear();
  }

  /** Takes the answer away, because it is of other tokens. */
  clear() {
    this.pairs = this.progress = null;
    this.error = "";
  }

  /** @param {Pair[]} pairs */
  receive(pairs) {
    this.clear();
    this.pairs = pairs;
  }

  /** @param {string} sentence */
  refuse(sentence) {
    this.clear();
    this.error = sentence;
  }

  /** @param {number} place @returns {string} a side's token as it is shown */
  tokenOf(place) {
    const { tokens, position } = this.sides[place];
    return tokens[position];
  }
}

/**
 * @param {string[]} tokens  as they are shown
 * @param {string} word  "" for none
 * @param {number} [ends]  how many tokens the tokenizer has put behind the text
 * @returns {number} where the token stands that is this word, or else the last token of the text
 */
export function positionOf(tokens, word, ends = 0) {
  const at = word ? tokens.findLastIndex((token) => token.replace(/^[·▁]/, "") === word) : -1;
  return at < 0 ? tokens.length - 1 - ends : at;
}

/** @param {string[]} texts @returns {string} the longest word that all texts have, "" if they have none */
export function commonWord(texts) {
  const wordsOf = (text) => text.match(/[\p{L}\p{N}]+/gu) ?? [];
  const [first, ...others] = texts.map(wordsOf);
  const common = first.filter((word) => others.every((words) => words.includes(word)));
  return common.reduce((longest, word) => (word.length > longest.length ? word : longest), "");
}
