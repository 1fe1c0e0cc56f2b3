/** Shows the tokens as a table, for screen readers: what the model reads at each place, and what stands there in its output. */

import { make } from "../common/dom.js";
import { count, t } from "../common/language.js";

const COLUMNS = [t("Token"), t("In"), t("Out"), t("What it is")];

export class TextTable {
  #cells = [];

  constructor() {
    const heads = COLUMNS.map((name) => make("th", "", name));
    for (const head of heads) head.scope = "col";
    this.body = make("tbody");
    const table = make("table", "pg-table", make("thead", "", make("tr", "", ...heads)), this.body);
    table.role = "table";
    table.ariaLabel = t("The tokens, in and out");
    const scroll = make("div", "pg-scroll", table);
    scroll.tabIndex = 0; // so that the arrow keys can scroll it
    scroll.role = "region";
    scroll.ariaLabel = t("The tokens as a table");
    this.element = make("details", "pg-details pg-fill-table", make("summary", "", t("The tokens as a table")), scroll);
    this.element.addEventListener("toggle", () => this.#draw());
  }

  /** @param {import("./token_row.js").Cell[]} cells  in the order of the text */
  show(cells) {
    this.#cells = cells;
    this.#draw();
  }

  #draw() {
    if (!this.element.open) return;
    const rows = this.#cells.map(({ reads, out, said }, place) => {
      const texts = [count(place + 1), reads, out, said];
      return make("tr", "", ...texts.map((text, column) => make("td", column === 1 || column === 2 ? "pg-token" : "", text)));
    });
    this.body.replaceChildren(...rows);
  }
}
