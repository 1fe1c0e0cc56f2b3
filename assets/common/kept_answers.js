/** Keeps the server's answers by their path, up to a total number of bytes, so that nothing is fetched twice. */

import { Kept } from "./kept.js";
import { get } from "./server.js";

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
    const known = this.#kept.get(path);
    if (known) return known;
    const answer = this.#ask(path, parse);
    this.#kept.put(path, answer);
    return answer;
  }

  async #ask(path, parse) {
    try {
      const [value, bytes] = await parse(await get(path));
      this.#kept.weigh(path, bytes);
      return value;
    } catch (error) {
      this.#kept.delete(path);
      throw error;
    }
  }
}
