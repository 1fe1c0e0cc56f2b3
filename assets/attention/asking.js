/**
 * Brings texts into view that Python opens for the reader: presets and own texts. A preset comes with the token and the
 * head that show what it is about.
 *
 * @typedef {import("./telling.js").Look} Look
 *
 * @typedef {object} View
 * @property {() => Promise<void>} begin  resolves when the model's facts are there, or could not be had
 * @property {() => void} show  shows whether there is a text
 * @property {(sentence: string) => void} refuse
 * @property {(texts: Text[], query: number, key: number | null) => void} open
 * @property {(request: {texts: string[], asked: number}) => void} read  asks Python to open texts
 */

import { choice, choose } from "./choice.js";
import { fetchHeads, fetchMeasures } from "./reader.js";
import { telling } from "./telling.js";
import { Text } from "./text.js";

export class Asking {
  /** @type {import("./state.js").State} */
  #state;
  #textOf;
  #view;
  /** @type {{texts: string[], look: Look | null} | null} what was asked for and has not come */
  #awaited = null;
  #mayChooseHead;

  /** @param {import("./state.js").State} state @param {(id: number) => string} textOf @param {View} view */
  constructor(state, textOf, view) {
    this.#state = state;
    this.#textOf = textOf;
    this.#view = view;
    this.#mayChooseHead = typeof choice().head !== "number"; // else the reader has chosen one on another tab
  }

  /** @param {string[]} texts @param {Look | null} look  what to look at, null for own texts */
  ask(texts, look) {
    const asked = this.#state.ask();
    this.#awaited = { texts, look };
    this.#view.show();
    this.#view.read({ texts, asked });
  }

  /** Asks once more for texts that have not come. */
  askAgain() {
    if (this.#awaited) this.ask(this.#awaited.texts, this.#awaited.look);
  }

  /** Takes Python's answer. @param {import("./mount.js").Opened} message */
  async receive({ asked, texts: opened, error }) {
    await this.#view.begin();
    const isWanted = () => this.#state.isReady && this.#state.wantsTexts(asked);
    if (!isWanted()) return;
    const { look } = this.#awaited;
    this.#awaited = null;
    if (error) return this.#view.refuse(error);
    const texts = opened.map(({ trace_id, ids }) => new Text(trace_id, ids, this.#textOf, ids.length, false));
    try {
      const found = look ? await this.#telling(texts[0], look) : { query: texts[0].size - 1, key: null, head: null };
      if (!isWanted()) return;
      if (look && this.#mayChooseHead) choose({ ...found.head, hidesFirst: look.hidesFirst });
      this.#mayChooseHead = true; // the reader asks for the next preset, and so for its head
      this.#view.open(texts, found.query, found.key);
    } catch (error) {
      if (isWanted()) this.#view.refuse(error.message);
    }
  }

  #telling(text, look) {
    const readHeads = (query) => fetchHeads(text.traceId, query + 1);
    return telling(text, look, readHeads, () => fetchMeasures(text.traceId, this.#state.mapped(text)));
  }
}
