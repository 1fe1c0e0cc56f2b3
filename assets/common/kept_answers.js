/**
 * Keeps the server's answers by their path, up to a total number of bytes, so that nothing is fetched twice. A path that
 * names no text is about the chosen model, so that each model has an answer of its own.
 */

import { Kept } from "./kept.js";
import { get } from "./server.js";
import { aboutModel } from "../models/models.js";

export class KeptAnswers {
  #kept; // promises of answers

  /** @param {number} most  the most bytes that all answers may have together */
  constructor(most) {
    this.#kept = new Kept(most);
  }

  /**
   * Returns an answer, which is fetched if it is not kept. One that could not be had is fetched again by the next call.
   *
   * @template T
   * @param {string} path
   * @param {(answer: Response) => Promise<[value: T, bytes: number]>} parse  returns what to keep, and its size in memory
   * @returns {Promise<T>}
   */
  read(path, parse) {
    const key = aboutModel(path);
    const known = this.#kept.get(key);
    if (known) return known;
    const answer = this.#ask(path, key, parse);
    this.#kept.put(key, answer);
    return answer;
  }

  async #ask(path, key, parse) {
    try {
      const [value, bytes] = await parse(await get(path));
      this.#kept.weigh(key, bytes);
      return value;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }
}
