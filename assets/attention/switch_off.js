/**
 * Shows the next token's probabilities before and after one head's output is set to zero: in a sentence beside the button,
 * and in a table whose cells are bars. The server is asked only when the reader presses the button.
 */

import { button, make, setText } from "../common/dom.js";
import { fixed, t } from "../common/language.js";
import { tellShown } from "../common/shown.js";
import { bits, percent } from "../common/words.js";
import { fetchWithout } from "./reader.js";
import { headerCell } from "./table_fold.js";
import { exportOf } from "./take.js";
import { headName, quoted } from "./words.js";

const NOTE = t(
  "The head's output is set to zero at every token, and the model reads the text again. If a head with large weights changes " +
    "nothing, or one with small weights changes much, its weights do not explain the prediction.",
);

const INVITATION = t("See what the model would write next without it.");
const TITLE = t("The next token without the head");

const LEAST = 0.001; // bits; a smaller divergence is not 0

export class SwitchOff {
  #place = null; // {text, query, layer, head} as chosen
  #seen = null; // the server's answer, while it is in view
  #textOf;

  /** @param {(id: number) => string} textOf */
  constructor(textOf) {
    this.#textOf = textOf;
    this.button = button("", () => this.#ask());
    this.title = make("p", "pg-bars-title");
    this.invitation = make("p", "pg-off-invitation", INVITATION);
    this.result = make("p", "pg-off-result");
    this.result.role = "status";
    /** The button and the sentence. They stand apart from the table, near the choice of the head. */
    this.bar = make("section", "pg-off-bar", this.button, this.invitation, this.result);
    this.bar.ariaLabel = t("Switch a head off");
    this.table = make("table", "pg-off-table");
    this.head = make("div", "pg-picture-head", this.title);
    this.picture = make("figure", "pg-off-picture", this.head, this.table);
    this.head.append(exportOf("head switched off", t("Export the head switched off"), this.picture, () => this.#rows()));
    this.element = make("section", "pg-off", make("h3", "", TITLE), make("p", "", NOTE), this.picture);
    this.element.ariaLabel = TITLE;
    this.element.hidden = true;
  }

  /**
   * Takes another place or head, and removes the result for the last one.
   *
   * @param {import("./sides.js").Sides} text
   * @param {number} query  the token of the text that is written, whichever text the head looks at
   * @param {number} layer @param {number | "mean" | "max"} head
   */
  show(text, query, layer, head) {
    const isSame = this.#place?.text === text && this.#place.query === query;
    if (isSame && this.#place.layer === layer && this.#place.head === head) return;
    this.#place = { text, query, layer, head };
    const isOne = typeof head === "number";
    this.button.disabled = !isOne;
    setText(this.button, isOne ? t("Switch this head off") : t("Choose one head to switch it off"));
    const after = quoted(text.text.tokens, query);
    this.button.ariaLabel = isOne ? t("Switch this head off: {head}, after {token}", { head: headName(layer, head), token: after }) : null;
    setText(this.invitation, text.isOfSource ? t("See what the decoder would write after {token} without it.", { token: after }) : INVITATION);
    this.#clear("");
    this.bar.hidden = text.text.isOfEncoder; // it writes no next token
  }

  #clear(message) {
    this.#seen = null;
    tellShown("inside/attention/off", null);
    this.element.hidden = true;
    this.invitation.hidden = Boolean(message);
    setText(this.result, message);
    this.table.replaceChildren();
  }

  async #ask() {
    const place = this.#place;
    this.#clear(t("Reading the text again …"));
    try {
      const told = await fetchWithout(place.text, place.query + 1, place.layer, place.head);
      if (place === this.#place) this.#draw(place, told);
    } catch (error) {
      if (place === this.#place) this.#clear(error.message);
    }
  }

  #draw({ text, query, layer, head }, told) {
    this.#seen = told;
    const [before, after] = told.entropy_bits;
    setText(this.title, t("The token after {token}, with {head} and without", { token: quoted(text.text.tokens, query), head: headName(layer, head) }));
    const kl = told.kl_bits < LEAST && told.kl_bits > 0 ? `<${fixed(LEAST, 3)}` : fixed(told.kl_bits, 3);
    const measured = { kl, before: bits(before), after: bits(after) };
    const measures = t("KL divergence {kl} bits (0: no change), entropy {before} → {after}. A table is below.", measured);
    setText(this.result, `${this.#sentence(told.candidates)} ${measures}`);
    const top = Math.max(...told.candidates.flatMap(({ before, after }) => [before, after]));
    const columns = [t("next token"), t("with the head"), t("without it")].map((name) => headerCell(name, "col"));
    const lines = told.candidates.map(({ token_id, before, after }) => {
      const name = headerCell(this.#nameOf(token_id), "row", "pg-token");
      return make("tr", "", name, bar(before, top, "pg-off-before"), bar(after, top, "pg-off-after"));
    });
    this.table.replaceChildren(make("thead", "", make("tr", "", ...columns)), make("tbody", "", ...lines));
    this.element.hidden = false;
    tellShown("inside/attention/off", { klBits: told.kl_bits });
  }

  /** Says what becomes of the token that was the most probable one. The candidates come in the order of `before`. */
  #sentence(candidates) {
    const [first] = candidates;
    const best = candidates.reduce((most, one) => (one.after > most.after ? one : most));
    const values = { token: this.#nameOf(first.token_id), before: percent(first.before), after: percent(first.after) };
    if (best === first) return t("The most probable next token stays: “{token}” {before} → {after}.", values);
    const now = { now: this.#nameOf(best.token_id), share: percent(best.after) };
    return t("The most probable next token is now “{now}” ({share}); “{token}” {before} → {after}.", { ...values, ...now });
  }

  /** @returns {string} a token's text, which is never empty */
  #nameOf(id) {
    return this.#textOf(id) || t("token {id}", { id: String(id) });
  }

  /** @returns {unknown[][]} the candidates in view, as rows of a CSV file */
  #rows() {
    const lines = this.#seen?.candidates ?? [];
    return [
      ["token_id", "token", "probability_with_head", "probability_without_head"],
      ...lines.map(({ token_id, before, after }) => [token_id, this.#textOf(token_id), before, after]),
    ];
  }
}

function bar(probability, top, kind) {
  const fill = make("span", `pg-off-fill ${kind}`);
  fill.style.width = `${(100 * probability) / top}%`;
  return make("td", "", make("span", "pg-off-track", fill), make("span", "pg-off-number", percent(probability)));
}
