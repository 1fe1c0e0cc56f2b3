/** Fetches the row of logits of each blank once, and keeps it. Knows the state and the server, not the page. */

import { Kept } from "../common/kept.js";
import { fetchBlank } from "../common/server.js";
import { sortRow } from "../distribution/row.js";

const BYTES = 64 * 2 ** 20; // of rows that are kept
const MOST_BLANKS = 32; // whose rows are fetched

export class BlankRows {
  #kept = new Kept(BYTES);
  #state;
  #isFetching = false;
  #onRow;
  #onError;

  /**
   * @param {import("./state.js").State} state
   * @param {() => void} onRow  called when one more row is there
   * @param {(error: Error) => void} onError  called when a row that is still wanted cannot be had
   */
  constructor(state, onRow, onError) {
    this.#state = state;
    this.#onRow = onRow;
    this.#onError = onError;
  }

  /** @param {number} place  of a blank @returns {import("../distribution/row.js").Row | undefined} its row, if it is there */
  of(place) {
    return this.#kept.get(this.keyOf(place));
  }

  /** @param {number} place @returns {string} the row's name: another text around the blank has another row */
  keyOf(place) {
    return `${this.#state.read.model} ${place} ${this.#state.idsFor(place).join()}`;
  }

  /** Fetches the rows of blanks that are not there yet, one after the other, that of the blank in view first. */
  async want() {
    const { read, blank, blanks } = this.#state;
    if (this.#isFetching || !read) return;
    const places = [...(blank === null ? [] : [blank]), ...blanks].slice(0, MOST_BLANKS + 1);
    const place = places.find((one) => !this.#kept.has(this.keyOf(one)));
    if (place === undefined) return;
    const key = this.keyOf(place);
    this.#isFetching = true;
    let failure = null;
    try {
      const row = sortRow(await fetchBlank(read.model, this.#state.idsFor(place), place));
      this.#kept.put(key, row, 5 * row.logits.byteLength);
    } catch (error) {
      failure = error;
    }
    this.#isFetching = false;
    if (!failure) this.#onRow();
    else if (this.#state.read === read) return this.#onError(failure);
    this.want();
  }
}
