/** A field in which a reader finds any token of the vocabulary. The tokens that were found are buttons below it. */

import { button, make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { tokensWith } from "../common/token_matches.js";

const RESULTS = 5;
const NONE = t("No token contains this text. The model writes it as several tokens.");

export class TokenField {
  #size;
  #textOf;

  /**
   * @param {() => number} size  of the vocabulary
   * @param {(id: number) => string} textOf
   * @param {(id: number) => void} onToken
   */
  constructor(size, textOf, onToken) {
    this.#size = size;
    this.#textOf = textOf;
    this.input = make("input", "pg-input");
    Object.assign(this.input, { type: "search", autocomplete: "off", spellcheck: false });
    this.input.addEventListener("input", () => this.#find());
    this.said = make("span", "pg-muted");
    this.said.role = "status";
    this.results = Array.from({ length: RESULTS }, () => {
      const one = button("", () => onToken(Number(one.dataset.id)), "pg-button pg-token pg-token-found");
      one.hidden = true;
      return one;
    });
    const label = make("label", "", `${t("Another token")} `, this.input);
    this.element = make("div", "pg-token-field", label, ...this.results, this.said);
  }

  #find() {
    const typed = this.input.value.trim();
    const found = tokensWith(typed, this.#size(), this.#textOf);
    this.results.forEach((result, place) => {
      const id = found[place];
      result.hidden = id === undefined;
      if (id === undefined) return;
      setText(result, this.#textOf(id));
      result.ariaLabel = t("Choose {token}", { token: this.#textOf(id) });
      result.title = this.#textOf(id); // a long one is cut
      result.dataset.id = String(id);
    });
    const more = found.length - RESULTS;
    setText(this.said, !typed ? "" : !found.length ? NONE : more > 0 ? tn("and {n} other", "and {n} others", more) : "");
  }
}
