/** Finds any token of the vocabulary by its text, and shows its rank, logit, probability and status at this step. */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { tokensWith } from "../common/token_matches.js";
import { logits, percent, status } from "../common/words.js";

const RESULTS = 3;
const HINT = t("Type a part of a token to search all tokens.");

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
    const label = make("label", "pg-search-label", t("Find a token"), this.input);
    this.results = Array.from({ length: RESULTS }, () => {
      const [token, facts] = [make("span", "pg-token"), make("span", "pg-search-facts")];
      return { element: make("li", "", token, " ", facts), token, facts };
    });
    this.summary = make("div", "pg-search-summary", HINT);
    this.summary.role = "status";
    const list = make("ul", "", ...this.results.map((result) => result.element));
    this.element = make("section", "pg-search", label, this.summary, list);
    this.element.ariaLabel = t("Find a token");
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

  #find() {
    this.#found = tokensWith(this.input.value, this.#shape.order.length, this.#textOf);
  }

  #tell() {
    const found = this.#found.length;
    const none = t("No token contains this text. The model writes it as several tokens.");
    const more = found > RESULTS ? t("{found} tokens contain this text. The closest {shown} are:", { found, shown: RESULTS }) : "";
    setText(this.summary, !this.input.value.trim() ? HINT : found ? more : none);
    this.results.forEach(({ element, token, facts }, place) => {
      const id = this.#found[place];
      element.hidden = id === undefined;
      if (id === undefined) return;
      const candidate = this.#shape.candidate(id);
      const { rank, rawProbability, probability } = candidate;
      setText(token, this.#textOf(id));
      const numbers = [t("rank {rank}", { rank }), t("logit {logit}", { logit: logits(candidate) }), `${percent(rawProbability)} → ${percent(probability)}`];
      setText(facts, [...numbers, status(candidate, this.#step)].join(", "));
      element.title = t("id {id}", { id: String(id) });
    });
  }
}
