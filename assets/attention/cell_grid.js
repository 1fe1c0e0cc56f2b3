/**
 * Lets the keyboard and a screen reader move over a picture that is made of cells. It lies over the picture.
 *
 * It is an ARIA grid in which only the current cell is an element, because a map of 512 tokens has 131,328 cells. That
 * cell is the picture's one stop for the Tab key. An arrow key replaces it by the next one and moves the focus there, so
 * that a screen reader reads the next cell.
 */

import { make } from "../common/dom.js";

/**
 * @typedef {object} Cells
 * @property {number} rows
 * @property {number} columns
 * @property {(row: number) => number} [lastOf]  the last column of a row; without it every row is whole
 */

export class CellGrid {
  /** @type {Cells | null} */
  #cells = null;
  #at = [0, 0];
  #cell = null;
  #line = null;
  #calls;

  /**
   * @param {string} label  for screen readers
   * @param {object} calls
   * @param {(row: number, column: number) => string} calls.words  returns what a cell says
   * @param {(row: number, column: number) => void} calls.onMove  called when a key has moved to a cell
   * @param {(row: number, column: number) => void} [calls.onOpen]  called for Enter or the space bar
   */
  constructor(label, calls) {
    this.#calls = calls;
    this.element = make("div", "pg-cells");
    this.element.role = "grid";
    this.element.ariaLabel = label;
    this.element.tabIndex = -1; // it holds the focus while it has no cells
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Begins with other cells. The current one stays, if it is among them. @param {Cells} cells */
  show(cells) {
    this.#cells = cells;
    this.element.ariaRowCount = String(cells.rows);
    this.element.ariaColCount = String(cells.columns);
    this.moveTo(...this.#at);
  }

  /** Takes the cells away. If one of them has the focus, the grid itself keeps it. */
  clear() {
    if (this.#isFocused) this.element.focus({ preventScroll: true });
    this.#line?.remove();
    this.#cells = this.#line = this.#cell = null;
  }

  /** Makes a cell the current one. It gets the focus only if the last one had it. */
  moveTo(row = 0, column = 0) {
    if (!this.#cells) return;
    const { rows, columns } = this.#cells;
    const atRow = clamp(row, 0, rows - 1);
    const at = [atRow, clamp(column, 0, this.#lastOf(atRow))];
    const isSame = this.#cell && at.every((place, axis) => place === this.#at[axis]);
    this.#at = at;
    if (!isSame) this.#replace();
    this.#cell.ariaLabel = this.#calls.words(at[0], at[1]);
    const share = (count, all) => `${(100 * count) / all}%`;
    Object.assign(this.#cell.style, {
      top: share(at[0], rows), height: share(1, rows), left: share(at[1], columns), width: share(1, columns),
    });
  }

  /** Gives the current cell the focus. */
  focus() {
    this.#cell?.focus({ preventScroll: true });
  }

  /** Makes a new element, because a screen reader does not read an element again whose words change. */
  #replace() {
    const wasFocused = this.#isFocused;
    const last = this.#line;
    const [row, column] = this.#at;
    this.#cell = make("div", "pg-cell");
    this.#cell.role = "gridcell";
    this.#cell.tabIndex = 0;
    this.#cell.ariaColIndex = String(column + 1);
    this.#line = make("div", "", this.#cell);
    this.#line.role = "row";
    this.#line.ariaRowIndex = String(row + 1);
    this.element.append(this.#line);
    if (wasFocused) this.focus();
    last?.remove();
  }

  get #isFocused() {
    return this.element.contains(document.activeElement);
  }

  #lastOf(row) {
    return this.#cells.lastOf?.(row) ?? this.#cells.columns - 1;
  }

  #onKey(event) {
    if (!this.#cells || event.ctrlKey || event.metaKey || event.altKey) return;
    const [row, column] = this.#at;
    const isOpening = event.key === "Enter" || event.key === " ";
    const target = {
      ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
      Home: [row, 0], End: [row, this.#lastOf(row)], PageUp: [0, column], PageDown: [this.#cells.rows - 1, column],
    }[event.key];
    if (!target && !isOpening) return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere on the page these keys have other effects
    if (isOpening) return this.#calls.onOpen?.(row, column);
    this.moveTo(...target);
    this.#calls.onMove(...this.#at);
  }
}

const clamp = (number, low, high) => Math.min(high, Math.max(low, number));
