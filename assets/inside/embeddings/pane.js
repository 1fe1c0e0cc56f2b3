/**
 * The pane "Embeddings": words as points, nearest tokens, sums of words, and a word in several sentences. Each part asks the
 * server itself; they share the model's facts and the choice of the matrix.
 *
 * @typedef {object} Looking  what the panes of "Inside the model" look at, as far as this pane uses it
 * @property {import("../text.js").Text | undefined} text
 * @property {readonly import("../text.js").Text[]} texts
 * @property {number} query
 * @property {string} preset  the name of the preset in view, empty for another text
 * @property {[query: number, key: null]} second
 * @property {(id: number) => string} textOf
 */

import { ContextsSection } from "./contexts_section.js";
import { NearSection } from "./near_section.js";
import { fetchFacts } from "./reader.js";
import { State } from "./state.js";
import { SumSection } from "./sum_section.js";
import { spaceName, spacesOf } from "./words.js";
import { WordsSection } from "./words_section.js";
import { make, setText } from "../../common/dom.js";
import { labelled, select } from "../../common/fields.js";
import { t } from "../../common/language.js";

export class EmbeddingsPane {
  #state = new State();
  #looking;
  /** @type {Promise<void> | null} while the first answers are fetched, and once they are there */
  #begun = null;
  #seen = { text: undefined, query: -1 };

  /** @param {Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.space = select(t("Matrix"), ["input", "output"], { wordsOf: spaceName, onChange: () => this.#turnSpace() });
    this.spaces = labelled(t("matrix of the picture and of the sum"), this.space);
    this.near = new NearSection(this.#state, looking);
    const goTo = (id) => this.near.show(id);
    this.words = new WordsSection(this.#state, looking.textOf, goTo);
    this.sum = new SumSection(this.#state, looking.textOf, goTo);
    this.contexts = new ContextsSection(looking);
    const tokens = make("div", "pg-embeddings-pair", this.near.element, this.sum.element);
    this.parts = make("div", "pg-embeddings-parts", this.spaces, this.words.element, tokens, this.contexts.element);
    this.parts.hidden = true;
    this.element = make("div", "pg-embeddings", this.notice, this.parts);
  }

  /** Shows what the reader looks at now. */
  async show() {
    await this.#begin();
    if (!this.#state.facts) return;
    this.contexts.turn();
    this.near.turn();
    const { text, query, preset } = this.#looking;
    const isSame = text === this.#seen.text && query === this.#seen.query;
    const isFirst = this.#seen.text === undefined;
    this.#seen = { text, query };
    if (isSame || !text || query < 0 || (isFirst && preset)) return; // nobody has chosen the token of a preset
    await this.near.show(text.ids[query]);
  }

  /** The server answers again: what could not be had is asked for once more. */
  async goOn() {
    if (!this.#state.facts) return this.show();
    if (this.#state.error) this.words.ask();
    if (this.contexts.hasFailed) this.contexts.ask();
    this.near.goOn();
  }

  #begin() {
    this.#begun ??= this.#readFacts().catch((error) => {
      this.#begun = null; // so that the next call asks again
      setText(this.notice, error.message);
    });
    return this.#begun;
  }

  async #readFacts() {
    const facts = await fetchFacts();
    this.#state.facts = facts;
    setText(this.notice, "");
    this.near.begin();
    this.spaces.hidden = spacesOf(facts).length < 2;
    this.parts.hidden = false;
    this.sum.ask();
    this.contexts.ask();
    await this.words.ask();
    const [word] = this.#state.chosen;
    if (word !== undefined && this.near.isEmpty) this.near.show(word);
  }

  #turnSpace() {
    this.#state.space = /** @type {import("./reader.js").Space} */ (this.space.value);
    this.words.ask();
    this.sum.ask();
  }
}
