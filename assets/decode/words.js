/**
 * Knows the text of each token: at first only those that the example's message holds, and later all of them. Knows the
 * server, not the page.
 */

import { fetchVocabulary } from "../common/server.js";

export class Words {
  /** @type {Readonly<Record<number, string>>} */
  #few = {};
  /** @type {readonly string[] | null} */
  #all = null;

  /** Whether the text of every token is there. */
  get areAll() {
    return this.#all !== null;
  }

  /** @param {number} id @param {import("../common/trace.js").Trace | null} trace  which may have words of its own */
  of(id, trace) {
    return (trace?.header.words ?? this.#all ?? this.#few)[id] ?? `#${id}`;
  }

  /** @param {import("../common/trace.js").Message} [message] @returns {boolean} whether it holds the words to show it */
  takeFrom(message) {
    this.#few = message?.opening?.words ?? this.#few;
    return message?.opening !== undefined;
  }

  /** Fetches all words. @returns {Promise<string>} why they did not come, "" if they came */
  async learn() {
    try {
      this.#all = await fetchVocabulary();
      return "";
    } catch (error) {
      return error.message;
    }
  }
}
