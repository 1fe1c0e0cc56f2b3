/** Shows the chosen token's weights as a table. The shades, the map's row and the grid's cell show the same weights. */

import { weight } from "./words.js";
import { make } from "../common/dom.js";
import { count } from "../common/words.js";

const COLUMNS = ["place", "token", "weight", "rescaled"];

export class RowTable {
  #told = null; // {tokens, row, shown}

  constructor() {
    const columns = COLUMNS.map((name) => {
      const cell = make("th", "", name);
      cell.scope = "col";
      return cell;
    });
    this.body = make("tbody");
    const table = make("table", "pg-row-table", make("thead", "", make("tr", "", ...columns)), this.body);
    this.element = make("details", "pg-details", make("summary", "", "The chosen token's weights as a table"), table);
    this.element.addEventListener("toggle", () => this.#draw());
  }

  /**
   * @param {string[]} tokens
   * @param {import("./weights.js").Weights} row  the weights with the first token
   * @param {import("./weights.js").Weights | null} shown  the weights without the first token, null if that is in view
   */
  show(tokens, row, shown) {
    this.#told = { tokens, row, shown };
    this.#draw();
  }

  #draw() {
    if (!this.element.open || !this.#told) return;
    const { tokens, row, shown } = this.#told;
    const lines = Array.from(row, (value, key) => {
      const rescaled = shown === null ? "" : Number.isNaN(shown[key]) ? "hidden" : weight(shown[key]);
      return make("tr", "", ...[count(key + 1), tokens[key], weight(value), rescaled].map((text) => make("td", "", text)));
    });
    this.body.replaceChildren(...lines);
  }
}
