/**
 * What the Attention pane shows: a text or two, a query and a key, the weights that have arrived, and what went wrong.
 * Named actions change it, and what follows from it is computed. The text and the query are those that `looking.js` held
 * when the pane was told last. Does not know the page or the server. The head in view is `choice.js`'s, because other
 * tabs have it too.
 *
 * @typedef {import("./choice.js").Choice} Choice
 * @typedef {import("./sides.js").Sides} Text  a text, with the tokens that look and those looked at
 *
 * @typedef {object} MapsAsked  what maps were asked for
 * @property {readonly Text[]} texts
 * @property {boolean} isRollout
 * @property {Choice["layer"]} layer
 * @property {Choice["head"]} head
 */

import { Sides } from "./sides.js";
import { rowOf } from "./weights.js";
import { align, inFirst, inSecond } from "../inside/align.js";

export class State {
  /** @type {import("./reader.js").Facts | null} about the model, once fetched */
  facts = null;
  /** @type {readonly Text[]} one, or two that are compared */
  texts = [];
  /** @type {import("../inside/align.js").Pairs} the tokens that two texts have in common */
  pairs = [];
  /** @type {import("../inside/align.js").Pairs} the same of the tokens looked at */
  keyPairs = [];
  /** @type {import("./sides.js").Kind} of the texts with a source */
  kind = "cross";
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

  /** @returns {Text | undefined} the text in view, or the first of two */
  get text() {
    return this.texts[0];
  }

  /** @returns {boolean} whether the model is known, and shows attention */
  get isReady() {
    return this.facts !== null && !this.facts.reason;
  }

  /** @param {number} place  0 for the first text @param {number | null} index @returns {number | null} as `inFirst` of `align.js` */
  inFirst(place, index) {
    return inFirst(this.pairs, place, index);
  }

  /** @param {number} place @param {number | null} index @returns {number | null} as `inFirst`, of a token looked at */
  keyInFirst(place, index) {
    return inFirst(this.keyPairs, place, index);
  }

  /** @param {number} index  a token of the first text @returns {number} its position in the second, -1 if it has none */
  inSecond(index) {
    return inSecond(this.pairs, index);
  }

  /** @returns {[query: number, key: number | null]} the query and the key in the second text */
  get second() {
    return [this.inSecond(this.query), this.key === null ? null : inSecond(this.keyPairs, this.key)];
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
    this.texts = this.pairs = this.keyPairs = this.maps = [];
    this.heads = this.key = null;
    this.query = -1;
    this.error = "";
  }

  /** Brings a text or two into view. @param {readonly import("../inside/text.js").Text[]} texts */
  open(texts) {
    this.leave();
    this.texts = texts.map((text) => new Sides(text, this.kindOf(text)));
    const [first, second] = this.texts;
    if (this.kindOf(texts[0]) === "cross") this.isRollout = false; // it follows one text only
    if (!second) return;
    this.pairs = align(first.ids, second.ids);
    this.keyPairs = align(first.keyIds, second.keyIds);
  }

  /** @param {import("../inside/text.js").Text} text @returns {import("./sides.js").Kind} which attention of a text is shown */
  kindOf(text) {
    if (text.isOfEncoder) return "encoder";
    return text.sourceIds.length ? this.kind : "self";
  }

  /** Turns to the query that is nearest to a position. @param {number} index @returns {boolean} whether it is another one */
  turnQuery(index) {
    if (!this.text) return false;
    const query = Math.min(Math.max(index, 0), this.text.size - 1);
    if (query === this.query) return false;
    this.query = query;
    this.heads = null; // they belong to the last query
    if (this.key >= this.text.seen(query)) this.key = null;
    return true;
  }

  /** @param {number | null} key  none if the query does not see it */
  turnKey(key) {
    this.key = key !== null && this.query >= 0 && key < this.text.seen(this.query) ? key : null;
  }

  /** Turns to another kind of map, or another scale. @param {boolean} isRollout @param {boolean} isLog */
  turnMaps(isRollout, isLog) {
    if (isRollout !== this.isRollout) this.maps = []; // they are of the other kind
    this.isRollout = isRollout;
    this.isLog = isLog;
  }
}
