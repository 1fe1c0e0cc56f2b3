/**
 * The sorted rows of the steps lately looked at, and which to fetch next. Knows the server, not the page.
 *
 * One fetch at a time; while a text streams, with a pause between them: a class shares its Wi-Fi, and nobody reads
 * fifty distributions a second.
 */

import { sortRow } from "../distribution/row.js";
import { Kept } from "./kept.js";
import { fetchLogits } from "./server.js";

const MOST_BYTES = 64_000_000; // 65 rows of 49,152 tokens
const FEWEST_ROWS = 4; // as many as are wanted at once
const PAUSE_MS = 300;

export class RowReader {
  #rows; // of Row, by "trace/index"
  #wanted = { traceId: "", indices: [], isPatient: false };
  #isFetching = false;
  #fetchedAt = -Infinity;
  #timer = 0;
  #onRow;
  #onError;
  #fetch;

  /**
   * @param {(traceId: string, index: number) => void} onRow  a row can now be had
   * @param {(traceId: string, index: number, error: Error) => void} onError  it cannot; it is not tried again unasked
   * @param {(traceId: string, index: number) => Promise<Float32Array>} [fetch]  one row of logits
   * @param {number} [most]  bytes of all rows that are kept
   */
  constructor(onRow, onError, fetch = fetchLogits, most = MOST_BYTES) {
    this.#rows = new Kept(most, FEWEST_ROWS);
    this.#onRow = onRow;
    this.#onError = onError;
    this.#fetch = fetch;
  }

  /** @returns {import("../distribution/row.js").Row | undefined} */
  row(traceId, index) {
    return this.#rows.get(keyOf(traceId, index));
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
    this.#rows.put(key, row, bytesOf(row));
  }
}

const bytesOf = ({ logits, order, scores, cumulative }) =>
  [logits, order, scores, cumulative].reduce((sum, { byteLength }) => sum + byteLength, 0);

const keyOf = (traceId, index) => `${traceId}/${index}`;
