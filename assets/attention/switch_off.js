/**
 * Shows the next token's probabilities before and after one head's output is set to zero.
 * They stand in a table whose cells are bars. The server is asked only when the reader presses the button.
 */

import { make, setText } from "../common/dom.js";
import { bits, percent } from "../common/words.js";
import { fetchWithout } from "./reader.js";
import { exportOf } from "./take.js";
import { headName, quoted } from "./words.js";

const NOTE =
  "The head's output is set to zero at every token, and the model reads the text again. If a head with large weights changes " +
  "nothing, or one with small weights changes much, its weights do not explain the prediction.";

export class SwitchOff {
  #place = null; // {text, query, layer, head} as chosen
  #seen = null; // the server's answer, while it is in view
  #textOf;

  /** @param {(id: number) => string} textOf */
  constructor(textOf) {
    this.#textOf = textOf;
    this.button = make("button", "pg-button");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.#ask());
    this.title = make("p", "pg-bars-title");
    this.result = make("p", "pg-off-result");
    this.result.role = "status";
    this.table = make("table", "pg-off-table");
    this.head = make("div", "pg-picture-head", this.title);
    this.picture = make("figure", "pg-off-picture", this.head, this.result, this.table);
    this.head.append(exportOf("head switched off", this.picture, () => this.#rows()));
    this.element = make("section", "pg-off", make("h3", "", "Does this head matter here?"), make("p", "", NOTE), this.button, this.picture);
    this.element.ariaLabel = "Switch a head off";
  }

  /**
   * Takes another place or head, and removes the result for the last one.
   *
   * @param {import("./text.js").Text} text @param {number} query
   * @param {number} layer @param {number | "mean" | "max"} head
   */
  show(text, query, layer, head) {
    const isSame = this.#place?.text === text && this.#place.query === query;
    if (isSame && this.#place.layer === layer && this.#place.head === head) return;
    this.#place = { text, query, layer, head };
    this.button.disabled = typeof head !== "number";
    const what = typeof head === "number" ? `Switch ${headName(layer, head)} off` : "Choose one head to switch it off";
    setText(this.button, typeof head === "number" ? `${what} after ${quoted(text.tokens, query)}` : what);
    this.#clear("");
  }

  #clear(message) {
    this.#seen = null;
    this.head.hidden = true;
    setText(this.result, message);
    this.table.replaceChildren();
    this.picture.hidden = !message;
  }

  async #ask() {
    const place = this.#place;
    this.#clear("Reading the text again …");
    try {
      const told = await fetchWithout(place.text.traceId, place.query + 1, place.layer, place.head);
      if (place === this.#place) this.#draw(place, told);
    } catch (error) {
      if (place === this.#place) this.#clear(error.message);
    }
  }

  #draw({ text, query, layer, head }, told) {
    this.#seen = told;
    const [before, after] = told.entropy_bits;
    setText(this.title, `The token after ${quoted(text.tokens, query)}, with ${headName(layer, head)} and without`);
    const kl = told.kl_bits < 0.001 && told.kl_bits > 0 ? "<0.001" : told.kl_bits.toFixed(3);
    setText(this.result, `KL divergence ${kl} bits (0: no change). Entropy ${bits(before)} → ${bits(after)}.`);
    const top = Math.max(...told.candidates.flatMap(({ before, after }) => [before, after]));
    const columns = ["next token", "with the head", "without it"].map((name) => column(name));
    const lines = told.candidates.map(({ token_id, before, after }) => {
      const name = make("th", "pg-token", this.#textOf(token_id));
      name.scope = "row";
      return make("tr", "", name, bar(before, top, "pg-off-before"), bar(after, top, "pg-off-after"));
    });
    this.table.replaceChildren(make("thead", "", make("tr", "", ...columns)), make("tbody", "", ...lines));
    this.head.hidden = this.picture.hidden = false;
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

function column(name) {
  const cell = make("th", "", name);
  cell.scope = "col";
  return cell;
}

function bar(probability, top, kind) {
  const fill = make("span", `pg-off-fill ${kind}`);
  fill.style.width = `${(100 * probability) / top}%`;
  return make("td", "", make("span", "pg-off-track", fill), make("span", "pg-off-number", percent(probability)));
}
