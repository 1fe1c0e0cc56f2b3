/** Shows the numbers of a picture as a table in a fold. The table is made only while the fold is open. */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";

/**
 * @typedef {object} Table
 * @property {string[]} columns  the names of the columns
 * @property {string[][]} lines  the cells; the first of each line names the line
 */

export class TableFold {
  /** @type {(() => Table) | null} */
  #read = null;

  /** @param {string} name  what the table shows, for the fold and for screen readers */
  constructor(name) {
    this.table = make("table", "pg-table");
    this.table.ariaLabel = name;
    this.room = make("div", "pg-scroll", this.table);
    this.room.role = "region";
    this.room.ariaLabel = t("{name}, which scrolls", { name });
    this.room.tabIndex = 0;
    this.element = make("details", "pg-details", make("summary", "", name), this.room);
    this.element.addEventListener("toggle", () => this.#draw());
  }

  /** @param {() => Table} read  returns the numbers, and is called when they are to be seen */
  show(read) {
    this.#read = read;
    this.#draw();
  }

  #draw() {
    if (!this.element.open || !this.#read) return;
    const { columns, lines } = this.#read();
    const head = make("tr", "", ...columns.map((name) => headerCell(name, "col")));
    const body = lines.map(([name, ...cells]) => make("tr", "", headerCell(name, "row"), ...cells.map((cell) => make("td", "", cell))));
    this.table.replaceChildren(make("thead", "", head), make("tbody", "", ...body));
  }
}

/** @param {string} text @param {"col" | "row"} scope */
export function headerCell(text, scope, className = "") {
  const cell = make("th", className, text);
  cell.scope = scope;
  return cell;
}
