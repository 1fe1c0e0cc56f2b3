/**
 * Knows the text of each token of a trace's model: at first only those that the example's message holds, and later all of
 * them. Knows the server, not the page.
 */

import { namesOfModels } from "../models/models.js";
import { fetchVocabulary, vocabularyOf } from "../models/words.js";

export class Words {
  /** @type {Readonly<Record<number, string>>} */
  #few = {};
  #fewOf = ""; // the model whose words they are
  #areThere = false;

  /** Whether the text of every token of the chosen model is there. */
  get areAll() {
    return this.#areThere;
  }

  /** @param {number} id @param {import("../common/trace.js").Trace | null} trace  which may have words of its own */
  of(id, trace) {
    if (trace?.header.words) return trace.header.words[id] ?? `#${id}`;
    const all = vocabularyOf(trace?.header.model);
    const words = all.length || (trace && trace.header.model !== this.#fewOf) ? all : this.#few;
    return words[id] ?? `#${id}`;
  }

  /** @param {import("../common/trace.js").Message} [message] @returns {boolean} whether it holds the words to show it */
  takeFrom(message) {
    if (!message?.opening) return false;
    this.#few = message.opening.words;
    this.#fewOf = message.header.model;
    return true;
  }

  /** Fetches all words of a model. @param {string} [model] @returns {Promise<string>} why they did not come, "" if they came */
  async learn(model) {
    try {
      await fetchVocabulary(model);
      this.#areThere ||= model === undefined;
      return "";
    } catch (error) {
      return error.message;
    }
  }

  /**
   * Fetches the words of a text's model, without which no token of it is shown.
   *
   * @template {{header?: import("../common/trace.js").Header | null}} Text
   * @param {Text} text @returns {Promise<Text>}
   */
  async learnOf(text) {
    const { words, model } = text.header;
    if (!words && namesOfModels().includes(model)) await fetchVocabulary(model);
    return text;
  }
}
