/** Shows the bars' candidates as a table, for screen readers and for exact numbers. */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { Roving } from "../common/roving.js";
import { count, logits, percent, status } from "../common/words.js";
import { term } from "../glossary/term.js";

const TOKEN = 1; // the column of the token's text

let isOpen = false; // as the reader left it, until the page is closed

export class CandidateTable {
  /** @type {HTMLTableRowElement[]} */
  #rows = [];
  #latest = () => {};
  #textOf;
  #onToken;
  #deed;
  #columns;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {(id: number) => void} onToken  called when the reader chooses a candidate
   * @param {import("./step_view.js").Deed} deed  what that does
   */
  constructor(textOf, onToken, deed) {
    this.#textOf = textOf;
    this.#onToken = onToken;
    this.#deed = deed;
    const ids = [t("Rank"), t("Token"), term("token id", t("Id")), term("logit", t("Logit"))];
    const facts = [t("Raw probability"), t("Probability"), t("Status"), t("Drawn, expected")];
    const heads = [...ids, ...facts, deed.column].map((name) => make("th", "", name));
    this.#columns = heads.length;
    for (const head of heads) head.scope = "col";
    this.body = make("tbody");
    const isShown = (row) => !row.hidden;
    this.roving = new Roving(this.body, () => this.#rows.filter(isShown).map(buttonOf)); // one stop for the Tab key
    const table = make("table", "pg-table pg-numbers pg-candidate-table", make("thead", "", make("tr", "", ...heads)), this.body);
    table.role = "table";
    table.ariaLabel = deed.name;
    const summary = make("summary", "", t("The candidates as a table"));
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
   * @param {import("./draws.js").Draws} draws  the counted draws of this distribution
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
      const facts = [percent(rawProbability), percent(probability), status(candidate, step), draws.told(candidate)];
      const texts = [...names, ...facts];
      for (const [column, text] of texts.entries()) setText(row.cells[column], text);
      row.dataset.id = String(id);
      buttonOf(row).ariaLabel = this.#deed.hint(this.#textOf(id));
      row.className = id === step.token_id ? "pg-drawn" : candidate.removedBy ? "pg-removed" : "";
    });
    this.roving.settle();
  }

  #addRow() {
    const row = make("tr", "", ...Array.from({ length: this.#columns }, (_, column) => make("td", column === TOKEN ? "pg-token" : "")));
    const button = make("button", "pg-button", "↳");
    button.type = "button";
    button.tabIndex = -1;
    button.addEventListener("click", () => this.#onToken(Number(row.dataset.id)));
    row.lastElementChild.append(button);
    this.#rows.push(row);
    this.body.append(row);
  }
}

/** @param {HTMLTableRowElement} row */
const buttonOf = (row) => row.querySelector("button");
