/** A field in which a reader finds any token of the vocabulary. The tokens that were found are buttons below it. */

import { button, make, setText } from "../../common/dom.js";
import { tokensWith } from "../../common/token_matches.js";
import { plural } from "../../common/words.js";

const RESULTS = 5;
const NONE = "No token contains this text. The model writes it as several tokens.";

export class TokenField {
  #looking;

  /**
   * @param {import("../looking.js").Looking} looking  knows the vocabulary
   * @param {(id: number) => void} onToken
   */
  constructor(looking, onToken) {
    this.#looking = looking;
    this.input = make("input", "pg-input");
    Object.assign(this.input, { type: "search", autocomplete: "off", spellcheck: false });
    this.input.addEventListener("input", () => this.#find());
    this.said = make("span", "pg-muted");
    this.said.role = "status";
    this.results = Array.from({ length: RESULTS }, () => {
      const one = button("", () => onToken(Number(one.dataset.id)), "pg-button pg-token pg-word-found");
      one.hidden = true;
      return one;
    });
    const label = make("label", "", "Another token ", this.input);
    this.element = make("div", "pg-word-search", label, ...this.results, this.said);
  }

  #find() {
    const typed = this.input.value.trim();
    const found = tokensWith(typed, this.#looking.vocabulary.length, this.#looking.textOf);
    this.results.forEach((result, place) => {
      const id = found[place];
      result.hidden = id === undefined;
      if (id === undefined) return;
      setText(result, this.#looking.textOf(id));
      result.ariaLabel = `Show ${this.#looking.textOf(id)} in the table`;
      result.title = this.#looking.textOf(id); // a long one is cut
      result.dataset.id = String(id);
    });
    const more = found.length - RESULTS;
    setText(this.said, !typed ? "" : !found.length ? NONE : more > 0 ? `and ${plural(more, "other")}` : "");
  }
}
