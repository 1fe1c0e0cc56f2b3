/**
 * The sorted rows of the steps lately looked at, and which to fetch next. Knows the server, not the page.
 *
 * One fetch at a time; while a text streams, with a pause between them: a class shares its Wi-Fi, and nobody reads
 * fifty distributions a second.
 */

import { sortRow } from "../distribution/row.js";
import { fetchLogits } from "./server.js";

const ROWS_KEPT = 16;
const PAUSE_MS = 300;

export class RowReader {
  #rows = new Map(); // "trace/index" -> Row, the one used last at the end
  #wanted = { traceId: "", indices: [], isPatient: false };
  #isFetching = false;
  #fetchedAt = -Infinity;
  #timer = 0;
  #onRow;
  #onError;
  #fetch;
  /** How many rows are kept; at least as many as are wanted at once. */
  kept = ROWS_KEPT;

  /**
   * @param {(traceId: string, index: number) => void} onRow  a row can now be had
   * @param {(traceId: string, index: number, error: Error) => void} onError  it cannot; it is not tried again unasked
   * @param {(traceId: string, index: number) => Promise<Float32Array>} fetch  one row of logits
   */
  constructor(onRow, onError, fetch = fetchLogits) {
    this.#onRow = onRow;
    this.#onError = onError;
    this.#fetch = fetch;
  }

  /** @returns {import("../distribution/row.js").Row | undefined} */
  row(traceId, index) {
    const key = keyOf(traceId, index);
    const row = this.#rows.get(key);
    if (row) this.#keep(key, row);
    return row;
  }

  /** Takes a row that needs no fetching. */
  put(traceId, index, row) {
    this.#keep(keyOf(traceId, index), row);
  }

  /**
   * Replaces what is wanted.
   *
   * @param {string} traceId
   * @param {number[]} indices  steps, the most urgent first
   * @param {boolean} isPatient  whether to pause between fetches
   */
  want(traceId, indices, isPatient) {
    this.#wanted = { traceId, indices, isPatient };
    this.#next();
  }

  async #next() {
    clearTimeout(this.#timer);
    const { traceId, indices, isPatient } = this.#wanted;
    const index = indices.find((index) => !this.#rows.has(keyOf(traceId, index)));
    if (this.#isFetching || index === undefined) return;
    const rest = isPatient ? this.#fetchedAt + PAUSE_MS - performance.now() : 0;
    if (rest > 0) {
      this.#timer = setTimeout(() => this.#next(), rest);
      return;
    }
    this.#isFetching = true;
    this.#fetchedAt = performance.now();
    try {
      this.#keep(keyOf(traceId, index), sortRow(await this.#fetch(traceId, index)));
      this.#onRow(traceId, index);
    } catch (error) {
      this.#wanted.indices = this.#wanted.indices.filter((wanted) => wanted !== index);
      this.#onError(traceId, index, error);
    } finally {
      this.#isFetching = false;
    }
    this.#next();
  }

  #keep(key, row) {
    this.#rows.delete(key);
    this.#rows.set(key, row);
    if (this.#rows.size > this.kept) this.#rows.delete(this.#rows.keys().next().value);
  }
}

const keyOf = (traceId, index) => `${traceId}/${index}`;
