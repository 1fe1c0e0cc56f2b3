/**
 * What all panes of "Inside the model" look at: a text or two and a position, and what went wrong. Named actions change
 * it, and what follows from it is computed. Does not know the page or the server.
 *
 * @typedef {import("./text.js").Text} Text
 * @typedef {import("../common/views.js").Place} Place
 */

import { align, inFirst, inSecond } from "./align.js";

/** How often the page asked for texts. Each model has a state of its own, which must not take an answer to another one. */
let requests = 0;

export class Looked {
  /** Whether the words of the tokens are known, without which no text is shown. */
  isReady = false;
  /** Whether the text of the Decode tab is the one to look at. */
  follows = false;
  /** Whether no text has been asked for yet. */
  isFresh = true;
  /** @type {Text[]} one, or two that are compared */
  texts = [];
  /** @type {import("./align.js").Pairs} the tokens that two texts have in common */
  pairs = [];
  /** The name of the preset in view, empty for another text. */
  preset = "";
  /** The chosen token of the first text, which predicts the one after it. It is -1 until one is chosen. */
  query = -1;
  /** @type {number | null} the block that the reader has opened, from 0; null for none */
  block = null;
  error = "";
  #asked = 0; // the number of the last request for own texts

  /** @returns {Text | undefined} the text in view, or the first of two */
  get text() {
    return this.texts[0];
  }

  /** Whether the text of a place is in view, alone. @param {Place} place */
  isOf({ traceId }) {
    return this.texts.length === 1 && this.text.traceId === traceId;
  }

  /** Whether the text in view has a place's token, or will have it as it grows. @param {Place} place */
  covers(place) {
    return this.isOf(place) && (this.text.isRunning || this.text.queryOf(place.index) < this.text.size);
  }

  /** @param {number} place  0 for the first text @param {number | null} index @returns {number | null} as `inFirst` of `align.js` */
  inFirst(place, index) {
    return inFirst(this.pairs, place, index);
  }

  /** @returns {[query: number, key: null]} the chosen token in the second text, -1 if it has none */
  get second() {
    return [inSecond(this.pairs, this.query), null];
  }

  /** Whether Python's answer to a request for own texts is the one to show. @param {number} asked */
  wantsTexts(asked) {
    return asked === this.#asked && !this.follows;
  }

  /** Takes the texts in view away. */
  leave() {
    this.isFresh = false;
    this.texts = this.pairs = [];
    this.preset = "";
    this.query = -1;
    this.error = "";
  }

  /** Asks for own texts. @returns {number} the number of the request */
  ask() {
    this.leave();
    this.#asked = ++requests;
    return this.#asked;
  }

  /** Brings a text or two into view. @param {Text[]} texts @param {number} query @param {string} preset */
  open(texts, query, preset = "") {
    this.leave();
    this.texts = texts;
    this.preset = preset;
    if (texts.length > 1) this.pairs = align(texts[0].ids, texts[1].ids);
    this.turnQuery(query);
  }

  /** Turns to the token that is nearest to a position. @param {number} index @returns {boolean} whether it is another one */
  turnQuery(index) {
    if (!this.text) return false;
    const query = Math.min(Math.max(index, 0), this.text.size - 1);
    if (query === this.query) return false;
    this.query = query;
    return true;
  }
}
