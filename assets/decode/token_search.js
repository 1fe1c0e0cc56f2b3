/** Finds any token of the vocabulary by its text, and shows its rank, logit, probability and status at this step. */

import { make, setText } from "../common/dom.js";
import { count, logits, percent, status } from "../common/words.js";

const RESULTS = 3;
const HINT = "Type a part of a token to search all tokens.";

export class TokenSearch {
  #shape = null;
  #step = null;
  #found = []; // ids, best match first
  #textOf;

  /** @param {(id: number) => string} textOf  returns a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    this.input = make("input", "pg-input");
    this.input.type = "search";
    this.input.autocomplete = "off";
    this.input.spellcheck = false;
    this.input.addEventListener("input", () => {
      this.#find();
      this.#tell();
    });
    const label = make("label", "pg-search-label", "Find a token", this.input);
    this.results = Array.from({ length: RESULTS }, () => {
      const [token, facts] = [make("span", "pg-token"), make("span", "pg-search-facts")];
      return { element: make("li", "", token, " ", facts), token, facts };
    });
    this.summary = make("div", "pg-search-summary", HINT);
    this.summary.role = "status";
    const list = make("ul", "", ...this.results.map((result) => result.element));
    this.element = make("section", "pg-search", label, this.summary, list);
    this.element.ariaLabel = "Find a token";
    for (const { element } of this.results) element.hidden = true;
  }

  /**
   * @param {import("../distribution/distribution.js").Distribution} shape
   * @param {import("../common/trace.js").Step} step
   */
  show(shape, step) {
    const isOther = shape.order.length !== this.#shape?.order.length; // whether the vocabulary is another one
    this.#shape = shape;
    this.#step = step;
    if (!this.input.value) return;
    if (isOther) this.#find();
    this.#tell();
  }

  /**
   * Finds the tokens that contain the text. Those that begin with it come first, then shorter ones, so that an equal
   * token is the first of all. A leading space may be left out.
   */
  #find() {
    const wanted = plain(this.input.value);
    this.#found = [];
    if (!wanted) return;
    const matches = [];
    for (let id = 0; id < this.#shape.order.length; id++) {
      const text = plain(this.#textOf(id));
      const place = text.indexOf(wanted);
      if (place >= 0) matches.push({ id, place: Math.min(place, 1), length: text.length });
    }
    matches.sort((a, b) => a.place - b.place || a.length - b.length || a.id - b.id);
    this.#found = matches.map(({ id }) => id);
  }

  #tell() {
    const found = this.#found.length;
    const none = "No token contains this text. The model writes it as several tokens.";
    const more = found > RESULTS ? `${count(found)} tokens contain this text. The closest ${RESULTS} are:` : "";
    setText(this.summary, !this.input.value.trim() ? HINT : found ? more : none);
    this.results.forEach(({ element, token, facts }, place) => {
      const id = this.#found[place];
      element.hidden = id === undefined;
      if (id === undefined) return;
      const candidate = this.#shape.candidate(id);
      const { rank, rawProbability, probability } = candidate;
      setText(token, this.#textOf(id));
      const numbers = [`rank ${count(rank)}`, `logit ${logits(candidate)}`, `${percent(rawProbability)} → ${percent(probability)}`];
      setText(facts, [...numbers, status(candidate, this.#step)].join(", "));
      element.title = `id ${id}`;
    });
  }
}

/** Returns a text as a reader would type it: with spaces instead of their mark, trimmed and in lower case. */
const plain = (text) => text.replaceAll("·", " ").trim().toLowerCase();
