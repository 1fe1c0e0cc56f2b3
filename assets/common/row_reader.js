/**
 * Keeps the sorted rows of recent steps, and decides which row to fetch next. Knows the server, not the page.
 *
 * It fetches one row at a time. While a text streams it pauses between two fetches, because a class shares its Wi-Fi
 * and no reader can follow fifty distributions a second. Where the most probable tokens are enough it fetches only those,
 * a twentieth of the row.
 *
 * @typedef {import("../distribution/row.js").Head} Head
 */

import { isWhole, rowOfHead, sortRow } from "../distribution/row.js";
import { Kept } from "./kept.js";
import { fetchRow } from "./server.js";

const MOST_BYTES = 64_000_000; // 65 rows of 49,152 tokens
const FEWEST_ROWS = 4; // the most rows that are wanted at once
const PAUSE_MS = 300;

export class RowReader {
  #rows; // of Row, by "trace/index"
  #wanted = { traceId: "", indices: [], isPatient: false, isHeadEnough: false };
  #isFetching = false;
  #fetchedAt = -Infinity;
  #timer = 0;
  #onRow;
  #onError;
  #fetch;

  /**
   * @param {(traceId: string, index: number) => void} onRow  called when a row has arrived
   * @param {(traceId: string, index: number, error: Error) => void} onError  called when a fetch fails; the row is
   *   fetched again only if it is wanted again
   * @param {(traceId: string, index: number, isHeadEnough: boolean) => Promise<Float32Array | Head>} [fetch]  fetches one
   *   row of logits, or only the most probable tokens if those are enough
   * @param {number} [most]  the most bytes of all kept rows
   */
  constructor(onRow, onError, fetch = fetchRow, most = MOST_BYTES) {
    this.#rows = new Kept(most, FEWEST_ROWS);
    this.#onRow = onRow;
    this.#onError = onError;
    this.#fetch = fetch;
  }

  /** @returns {import("../distribution/row.js").Row | undefined} the row, or its head if no more was fetched */
  row(traceId, index) {
    return this.#rows.get(keyOf(traceId, index));
  }

  /** Keeps a row that need not be fetched. */
  put(traceId, index, row) {
    this.#keep(keyOf(traceId, index), row);
  }

  /**
   * Replaces the list of wanted rows.
   *
   * @param {string} traceId
   * @param {number[]} indices  steps, the most urgent first
   * @param {boolean} isPatient  whether to pause between fetches
   * @param {boolean} [isHeadEnough]  whether the most probable tokens of each row are enough
   */
  want(traceId, indices, isPatient, isHeadEnough = isPatient) {
    this.#wanted = { traceId, indices, isPatient, isHeadEnough };
    this.#next();
  }

  async #next() {
    clearTimeout(this.#timer);
    const { traceId, indices, isPatient, isHeadEnough } = this.#wanted;
    const index = indices.find((index) => !this.#has(traceId, index, isHeadEnough));
    if (this.#isFetching || index === undefined) return;
    const rest = isPatient ? this.#fetchedAt + PAUSE_MS - performance.now() : 0;
    if (rest > 0) {
      this.#timer = setTimeout(() => this.#next(), rest);
      return;
    }
    this.#isFetching = true;
    this.#fetchedAt = performance.now();
    try {
      const fetched = await this.#fetch(traceId, index, isHeadEnough);
      this.#keep(keyOf(traceId, index), fetched instanceof Float32Array ? sortRow(fetched) : rowOfHead(fetched));
      this.#onRow(traceId, index);
    } catch (error) {
      this.#wanted.indices = this.#wanted.indices.filter((wanted) => wanted !== index);
      this.#onError(traceId, index, error);
    } finally {
      this.#isFetching = false;
    }
    this.#next();
  }

  #has(traceId, index, isHeadEnough) {
    const row = this.#rows.has(keyOf(traceId, index)) && this.#rows.get(keyOf(traceId, index));
    return row && (isHeadEnough || isWhole(row));
  }

  #keep(key, row) {
    this.#rows.put(key, row, bytesOf(row));
  }
}

const bytesOf = ({ logits, order, scores, cumulative }) =>
  [logits, order, scores, cumulative].reduce((sum, { byteLength }) => sum + byteLength, 0);

const keyOf = (traceId, index) => `${traceId}/${index}`;
