/**
 * What the Attention tab shows: a text or two, a query and a key, the weights that have arrived, and what went wrong.
 * Named actions change it, and what follows from it is computed. Does not know the page or the server. The head in view
 * is `choice.js`'s, because other tabs have it too.
 *
 * @typedef {import("./choice.js").Choice} Choice
 * @typedef {import("./text.js").Text} Text
 * @typedef {import("../common/views.js").Place} Place
 *
 * @typedef {object} MapsAsked  what maps were asked for
 * @property {Text[]} texts
 * @property {boolean} isRollout
 * @property {Choice["layer"]} layer
 * @property {Choice["head"]} head
 */

import { align, rowOf } from "./weights.js";

export class State {
  /** Whether the text of the Decode tab is the one to look at. */
  follows = false;
  /** Whether no text has been asked for yet. */
  isFresh = true;
  /** @type {import("./reader.js").Facts | null} about the model, once fetched */
  facts = null;
  /** @type {Text[]} one, or two that are compared */
  texts = [];
  /** @type {[number, number][]} the tokens that two texts have in common, from `align` */
  pairs = [];
  /** The token that looks, in the first text. It is -1 until one is chosen. */
  query = -1;
  /** @type {number | null} the token that is looked at, in the first text */
  key = null;
  /** @type {import("./head_grid.js").Heads | null} all heads' rows of the query, once fetched */
  heads = null;
  /** Whether the maps are of rollout over all layers, in place of one head. */
  isRollout = false;
  /** Whether weights are drawn on a logarithmic scale. */
  isLog = false;
  /** @type {Float32Array[][]} each text's map, once fetched */
  maps = [];
  error = "";
  #asked = 0; // how often own texts were asked for

  /** @returns {Text | undefined} the text in view, or the first of two */
  get text() {
    return this.texts[0];
  }

  /** @returns {boolean} whether the model is known, and shows attention */
  get isReady() {
    return this.facts !== null && !this.facts.reason;
  }

  /** Whether the text of a place is in view, alone. @param {Place} place */
  isOf({ traceId }) {
    return this.texts.length === 1 && this.text.traceId === traceId;
  }

  /** Whether the text in view has a place's query, or will have it as it grows. @param {Place} place */
  covers(place) {
    return this.isOf(place) && (this.text.isRunning || this.text.queryOf(place.index) < this.text.size);
  }

  /**
   * @param {number} place  0 for the first text
   * @param {number | null} index  a token of that text, or none
   * @returns {number | null} its position in the first text, -1 if it has none
   */
  inFirst(place, index) {
    if (place === 0 || index === null) return index;
    return this.pairs.find(([, second]) => second === index)?.[0] ?? -1;
  }

  /** @param {number} index  a token of the first text @returns {number} its position in the second, -1 if it has none */
  inSecond(index) {
    return this.pairs.find(([first]) => first === index)?.[1] ?? -1;
  }

  /** @returns {[query: number, key: number | null]} the query and the key in the second text */
  get second() {
    return [this.inSecond(this.query), this.key === null ? null : this.inSecond(this.key)];
  }

  /** @param {Choice} chosen @returns {import("./weights.js").Weights | null} the query's row with the first token */
  row({ layer, head }) {
    if (!this.heads) return null;
    return this.#rolled(0, this.query) ?? rowOf(this.heads, layer, head);
  }

  /** @param {import("./head_grid.js").Heads} heads  all heads' rows of the query in the second text @param {Choice} chosen */
  rowInSecond(heads, { layer, head }) {
    return this.#rolled(1, this.second[0]) ?? rowOf(heads, layer, head);
  }

  /** @returns {import("./weights.js").Weights | undefined} rollout's row, if that is the kind in view and is there */
  #rolled(place, query) {
    return this.isRollout ? this.maps[place]?.[query] : undefined;
  }

  /** @param {Text} text @returns {number} how many of its tokens a map shows */
  mapped(text) {
    return Math.min(text.size, this.facts.map_tokens);
  }

  /** Whether Python's answer to a request for own texts is the one to show. @param {number} asked */
  wantsTexts(asked) {
    return asked === this.#asked && !this.follows;
  }

  /** Whether rows are those of the query in view. @param {Text} text @param {number} query  in that text */
  wantsRows(text, query) {
    return text === this.text ? query === this.query : text === this.texts[1] && query === this.inSecond(this.query);
  }

  /** Whether maps are those of the texts and the head in view. @param {MapsAsked} asked @param {Choice} chosen */
  wantsMaps({ texts, isRollout, layer, head }, chosen) {
    const isOfHead = layer === chosen.layer && head === chosen.head;
    return texts === this.texts && isRollout === this.isRollout && (isRollout || isOfHead);
  }

  /** Takes the texts in view away. */
  leave() {
    this.isFresh = false;
    this.texts = this.pairs = this.maps = [];
    this.heads = this.key = null;
    this.query = -1;
    this.error = "";
  }

  /** Asks for own texts. @returns {number} the number of the request */
  ask() {
    this.leave();
    return ++this.#asked;
  }

  /** Brings a text or two into view. @param {Text[]} texts */
  open(texts) {
    this.leave();
    this.texts = texts;
    if (texts.length > 1) this.pairs = align(texts[0].ids, texts[1].ids);
  }

  /** Turns to the query that is nearest to a position. @param {number} index @returns {boolean} whether it is another one */
  turnQuery(index) {
    if (!this.text) return false;
    const query = Math.min(Math.max(index, 0), this.text.size - 1);
    if (query === this.query) return false;
    this.query = query;
    this.heads = null; // they belong to the last query
    if (this.key > query) this.key = null;
    return true;
  }

  /** @param {number | null} key  none if it comes after the query */
  turnKey(key) {
    this.key = key !== null && key <= this.query ? key : null;
  }

  /** Turns to another kind of map, or another scale. @param {boolean} isRollout @param {boolean} isLog */
  turnMaps(isRollout, isLog) {
    if (isRollout !== this.isRollout) this.maps = []; // they are of the other kind
    this.isRollout = isRollout;
    this.isLog = isLog;
  }
}
