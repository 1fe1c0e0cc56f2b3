/**
 * Evaluates the expressions of a lesson over what is in view now, and over what was in view before a reveal.
 *
 * @typedef {object} Recorded  the measures of a page of a lesson that were recorded
 * @property {boolean} isAll  whether nothing else is in view
 * @property {(isAfter: boolean) => import("./tree.js").Measures} measures  before the page's reveal, or after it
 */

import { fetchPieceCount } from "../common/server.js";
import { shownIn, shownOnDecode } from "../common/shown.js";
import { openedView } from "../common/navigation.js";
import { measuresOf } from "./measures.js";
import { evaluate } from "./tree.js";
import { lessonView } from "./views/table.js";

export class Live {
  #pieces;
  /** @type {import("./tree.js").Measures} */
  #measures = {};
  /** @type {import("./tree.js").Measures | null} */
  #before = null;
  /** Whether the page's state is in view, so that there are values. */
  isThere = false;
  /** Whether the reveal has changed what is in view. */
  #isAfter = false;
  #recorded;

  /**
   * @param {Pieces} pieces
   * @param {Recorded | null} [recorded]  what a page without a server has in place of a model
   */
  constructor(pieces, recorded = null) {
    this.#pieces = pieces;
    this.#recorded = recorded;
  }

  /** Takes what is in view now. */
  take() {
    const recorded = this.#recorded?.measures(this.#isAfter) ?? {};
    if (this.#recorded?.isAll) this.#measures = recorded;
    else this.#measures = { ...measuresOf(shownOnDecode(), (text) => this.#pieces.of(text), shownIn("decode/source")), ...lessonView(openedView())?.measures?.(), ...recorded };
  }

  /** What is in view now is what was there before a reveal. */
  keepBefore() {
    this.take();
    this.#before = this.#measures;
    this.#isAfter = true;
  }

  /** The page's own state is being brought back. */
  goBack() {
    this.isThere = this.#isAfter = false;
  }

  /** @param {import("./tree.js").Tree} tree @returns {import("./tree.js").Value} */
  valueOf(tree) {
    return this.isThere ? evaluate(tree, this.#measures, this.#before) : null;
  }
}

/** Counts the tokens of texts with the chosen model's tokenizer, each text once. */
export class Pieces {
  /** @type {Map<string, number | null>} by the text; null as long as the server has not answered */
  #counts = new Map();
  #onAnswer;

  /** @param {() => void} onAnswer  called when a number has come */
  constructor(onAnswer) {
    this.#onAnswer = onAnswer;
  }

  /** @param {string} text @returns {number | null} null until the server has answered */
  of(text) {
    if (!this.#counts.has(text)) this.#ask(text);
    return this.#counts.get(text);
  }

  /** Another model takes texts apart from now on. */
  forget() {
    this.#counts.clear();
  }

  #ask(text) {
    const counts = this.#counts;
    counts.set(text, null);
    fetchPieceCount(text).then((count) => {
      counts.set(text, count);
      this.#onAnswer();
    }, () => counts.delete(text)); // the page says that the server is gone, and the next look asks again
  }
}
