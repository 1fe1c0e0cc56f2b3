/**
 * Brings texts into view that Python opens for the reader: presets and own texts. A preset comes with the token that its
 * sentence speaks of.
 *
 * @typedef {object} Opened  Python's answer to the request number `asked`: the opened texts, or why there are none
 * @property {number} asked
 * @property {{trace_id: string, ids: number[], source_ids: number[], masks: number[] | null}[]} [texts]
 * @property {string} [error]
 *
 * @typedef {(request: {texts: string[], asked: number}) => void} Read  asks Python to open texts
 *
 * @typedef {object} View
 * @property {() => Promise<void>} begin  resolves when the vocabulary is there, or could not be had
 * @property {() => void} show  shows whether there is a text
 * @property {(sentence: string) => void} refuse
 * @property {(texts: Text[], query: number, preset: string) => void} open
 * @property {Read} read
 */

import { Text } from "./text.js";
import { queryIn } from "./texts.js";

export class Asking {
  /** @type {import("./state.js").Looked} */
  #state;
  #textOf;
  #view;
  /** @type {{texts: string[], preset: string, query: number | null} | null} what was asked for last, and its position if it had one */
  #latest = null;

  /** @param {import("./state.js").Looked} state @param {(id: number) => string} textOf @param {View} view */
  constructor(state, textOf, view) {
    this.#state = state;
    this.#textOf = textOf;
    this.#view = view;
  }

  /** @param {string[]} texts @param {string} preset  the name of a preset, empty for own texts */
  ask(texts, preset) {
    this.#latest = { texts, preset, query: null };
    this.#read();
  }

  /** @returns {readonly string[]} the texts that were asked for last, as they are written */
  get texts() {
    return this.#latest?.texts ?? [];
  }

  /** Asks once more for the same texts, because they have not come, or are not kept any more. The position stays. */
  askAgain() {
    if (!this.#latest) return;
    if (this.#state.text) this.#latest.query = this.#state.query;
    this.#read();
  }

  #read() {
    const asked = this.#state.ask();
    this.#view.show();
    this.#view.read({ texts: this.#latest.texts, asked });
  }

  /** Takes Python's answer. @param {Opened} message */
  async receive({ asked, texts: opened, error }) {
    await this.#view.begin();
    if (!this.#state.isReady || !this.#state.wantsTexts(asked)) return;
    const { preset, query } = this.#latest;
    if (error) return this.#view.refuse(error);
    const texts = opened.map(({ trace_id, ids, source_ids: source, masks }) => new Text(trace_id, ids, this.#textOf, ids.length, false, source, masks));
    this.#view.open(texts, query ?? queryIn(texts[0], preset), preset);
  }
}
