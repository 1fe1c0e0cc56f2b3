/** The bars' candidates once more as a table, for those who read rather than see, and for exact numbers. */

import { make, setText } from "../common/dom.js";
import { count, logits, percent, status } from "../common/words.js";

const COLUMNS = ["Rank", "Token", "Id", "Logit", "Raw probability", "Probability", "Status", "Drawn, expected"];

let isOpen = false; // as the reader left it, for as long as the page lives

export class CandidateTable {
  #rows = [];
  #latest = () => {};
  #textOf;

  /** @param {(id: number) => string} textOf  a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    const heads = COLUMNS.map((name) => make("th", "", name));
    for (const head of heads) head.scope = "col";
    this.body = make("tbody");
    const table = make("table", "pg-table", make("thead", "", make("tr", "", ...heads)), this.body);
    table.role = "table";
    table.ariaLabel = "Next-token candidates";
    const summary = make("summary", "", "The same as a table");
    this.element = make("details", "pg-details", summary, make("div", "pg-scroll", table));
    this.element.open = isOpen;
    this.element.addEventListener("toggle", () => {
      isOpen = this.element.open;
      if (isOpen) this.#latest();
    });
  }

  /**
   * @param {import("../distribution/distribution.js").Candidate[]} candidates
   * @param {import("../common/trace.js").Step} step
   * @param {import("./ribbon.js").Draws} draws  counted, of this distribution
   */
  show(candidates, step, draws) {
    this.#latest = () => this.#fill(candidates, step, draws);
    if (this.element.open) this.#latest();
  }

  #fill(candidates, step, draws) {
    while (this.#rows.length < candidates.length) this.#addRow();
    this.#rows.forEach((row, index) => {
      const candidate = candidates[index];
      row.hidden = !candidate;
      if (!candidate) return;
      const { id, rank, rawProbability, probability } = candidate;
      const names = [count(rank), this.#textOf(id), String(id), logits(candidate)];
      const texts = [...names, percent(rawProbability), percent(probability), status(candidate, step), draws.told(candidate)];
      texts.forEach((text, column) => setText(row.cells[column], text));
      row.className = id === step.token_id ? "pg-drawn" : candidate.removedBy ? "pg-removed" : "";
    });
  }

  #addRow() {
    const row = make("tr", "", ...COLUMNS.map(() => make("td")));
    this.#rows.push(row);
    this.body.append(row);
  }
}
