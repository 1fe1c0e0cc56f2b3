/** Fetches the score of each token of a text, and ends the work on the server when the text changes. Knows no page. */

import { fetchLikelihood } from "../common/server.js";

export class Scoring {
  /** @type {import("./state.js").Scored | null} the scores of the text that was asked about last */
  scored = null;
  /** @type {{ids: string, work: AbortController} | null} the scores under way */
  #under = null;

  /** @returns {boolean} whether scores are under way */
  get isUnderWay() {
    return this.#under !== null;
  }

  /**
   * Asks for the scores of a text. What is under way for the same text goes on, and what is there is kept.
   *
   * @param {string} model @param {number[]} ids  none for no text
   * @param {() => void} onChange  called when there is something new to show
   * @param {(error: Error) => void} onError
   */
  async want(model, ids, onChange, onError) {
    const key = ids.join();
    if (this.scored?.ids.join() !== key) this.scored = null;
    if (this.#under?.ids !== key) this.stop();
    if (!key || this.scored || this.#under) return onChange();
    const own = { ids: key, work: new AbortController() };
    this.#under = own;
    onChange();
    try {
      const scored = await fetchLikelihood(model, ids, own.work.signal);
      if (own === this.#under) this.scored = scored;
    } catch (error) {
      if (own === this.#under) onError(error);
    }
    if (own !== this.#under) return;
    this.#under = null;
    onChange();
  }

  /** Ends the work. A long text takes the server minutes. */
  stop() {
    this.#under?.work.abort();
    this.#under = null;
  }
}
