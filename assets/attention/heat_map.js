/**
 * Draws the map of one head: one row for each query, one column for each key, in the order of the text. Where no token
 * sees a later one, the part above the diagonal is empty, and a sentence about the cell under the pointer, or about the
 * chosen cell, stands there. Of a whole rectangle, the sentence stands above it.
 *
 * The cells are a canvas with one pixel for each cell, so that another head is drawn quickly. The axes around it are the
 * same for all heads. The arrow keys move from cell to cell.
 */

import { make, setText } from "../common/dom.js";
import { brief, count, t } from "../common/language.js";
import { onTheme } from "../common/theme.js";
import { CellGrid } from "./cell_grid.js";
import { DIFFERENCE_SCALE, HEAT_SCALE, colourIndex, colourTable } from "./heat.js";
import { Legend } from "./legend.js";
import { MapAxes } from "./map_axes.js";
import { LOG_DECADES, largest, place } from "./weights.js";
import { onResize } from "../common/resize.js";

/**
 * @typedef {object} Look
 * @property {[number, string][]} scale  the colours
 * @property {(weight: number) => number} share  returns the position of a weight on the scale, from 0 to 1
 */

/**
 * @typedef {object} Frame  what stands around the cells
 * @property {string[]} tokens  those of the rows
 * @property {string[]} keyTokens  those of the columns
 * @property {boolean} isCausal  whether a row ends at its own token
 * @property {string} row  the name of the rows
 * @property {string} column
 */

export class HeatMap {
  #size = 0; // rows
  #columns = 0;
  #chosen = [-1, null];
  #words;
  #saysChosen;
  #onChoose;
  #shown = null; // {rows, frame, look}
  #framed = ""; // identifies what the axes were drawn for

  /**
   * @param {string} label  a description for screen readers
   * @param {(query: number, key: number) => void} onChoose  called when the reader chooses a cell
   * @param {(query: number, key: number) => string} words  returns the sentence for a cell
   * @param {boolean} saysChosen  whether the map says the sentence of the chosen cell; else only that under the pointer
   */
  constructor(label, onChoose, words, saysChosen) {
    this.#words = words;
    this.#saysChosen = saysChosen;
    this.#onChoose = onChoose;
    this.title = make("div", "pg-bars-title");
    this.said = make("p", "pg-map-said");
    this.message = make("p", "pg-map-message");
    this.axes = new MapAxes();
    this.cells = make("canvas", "pg-map-cells");
    this.cells.ariaHidden = "true";
    this.row = make("div", "pg-map-row");
    this.column = make("div", "pg-map-column");
    this.hidden = make("div", "pg-map-hidden");
    this.grid = new CellGrid(t("{map}: the rows look at the columns", { map: label }), { words, onMove: onChoose });
    this.area = make("div", "pg-map-area", this.cells, this.hidden, this.column, this.row, this.grid.element);
    this.plot = make("div", "pg-map-plot", this.axes.element, this.area, this.said, this.message);
    this.legend = new Legend();
    /** The title's line, with room for a button. */
    this.head = make("div", "pg-picture-head", this.title);
    this.element = make("figure", "pg-map", this.head, this.plot, this.legend.element);
    this.element.ariaLabel = label;
    this.area.addEventListener("pointermove", (event) => this.#say(this.#cellAt(event)));
    this.area.addEventListener("pointerleave", () => this.#say(null));
    this.area.addEventListener("click", (event) => this.#onClick(event));
    onTheme(() => this.#paint());
    onResize(this.plot, () => this.#frame());
    this.clear("");
  }

  /** Shows a sentence and no map. @param {string} message */
  clear(message) {
    this.#size = this.#columns = 0;
    this.grid.clear();
    setText(this.said, "");
    setText(this.message, message);
    this.plot.classList.add("pg-no-map");
  }

  /**
   * @param {string} title
   * @param {Float32Array[]} rows  weights, NaN where a token is left out
   * @param {Frame} frame
   * @param {boolean} isLog
   */
  show(title, rows, frame, isLog) {
    const top = Math.max(...rows.map(largest));
    const share = (weight) => place(weight, top, isLog);
    const low = isLog ? `≤ ${shortNumber(top * 10 ** -LOG_DECADES)}` : count(0);
    this.legend.show(t("weight"), HEAT_SCALE, low, shortNumber(top));
    this.#draw(title, rows, frame, { scale: HEAT_SCALE, share });
  }

  /**
   * Shows differences. The middle of the scale means no difference.
   *
   * @param {string} title
   * @param {Float32Array[]} rows
   * @param {Frame} frame
   */
  showDifference(title, rows, frame) {
    const top = Math.max(...rows.map((row) => largest(row.map(Math.abs)))) || 1;
    const share = (weight) => (weight / top + 1) / 2;
    this.legend.show("B − A", DIFFERENCE_SCALE, shortNumber(-top), shortNumber(top));
    this.#draw(title, rows, frame, { scale: DIFFERENCE_SCALE, share });
  }

  /** @param {number} query @param {number | null} key */
  choose(query, key) {
    this.#chosen = [query, key];
    this.#highlight();
    this.#say(null);
  }

  /** @param {Look} look */
  #draw(title, rows, frame, look) {
    setText(this.title, title);
    setText(this.message, "");
    this.plot.classList.remove("pg-no-map");
    this.#size = rows.length;
    this.#columns = frame.keyTokens.length;
    this.plot.classList.toggle("pg-whole-map", !frame.isCausal);
    this.#shown = { rows, frame, look };
    this.hidden.hidden = !Number.isNaN(rows[0][0]);
    this.grid.show({ rows: this.#size, columns: this.#columns, lastOf: (query) => this.#lastOf(query) });
    this.#highlight();
    this.#say(null);
    this.#paint();
    this.#frame();
  }

  /** Draws the cells with one pixel each. The style sheet enlarges the canvas to the size of the map. */
  #paint() {
    if (!this.#size) return;
    const { rows, look } = this.#shown;
    const table = colourTable(look.scale, this.cells);
    const image = new ImageData(this.#columns, this.#size);
    const pixels = new Uint32Array(image.data.buffer);
    rows.forEach((row, query) => {
      row.forEach((weight, key) => {
        if (!Number.isNaN(weight)) pixels[query * this.#columns + key] = table[colourIndex(look.share(weight))];
      });
    });
    this.cells.width = this.#columns;
    this.cells.height = this.#size;
    this.cells.getContext("2d").putImageData(image, 0, 0);
  }

  /** Draws the axes, but only if the tokens or the size have changed. */
  #frame() {
    const { clientWidth, clientHeight } = this.plot;
    if (!this.#size || !clientWidth) return;
    const { frame } = this.#shown;
    const framed = JSON.stringify([clientWidth, clientHeight, getComputedStyle(this.plot).fontSize, frame]);
    if (framed === this.#framed) return;
    const { top, right, bottom, left } = this.axes.show(clientWidth, clientHeight, frame);
    this.area.style.inset = `${top}px ${right}px ${bottom}px ${left}px`;
    this.#framed = framed;
  }

  #onClick(event) {
    const cell = this.#cellAt(event);
    if (!cell) return;
    this.#onChoose(...cell);
    this.grid.focus(); // so that the arrow keys go on from here
  }

  /** @returns {number} the last column of a row */
  #lastOf(query) {
    return this.#shown.frame.isCausal ? query : this.#columns - 1;
  }

  /** @returns {[query: number, key: number] | null} null above the diagonal */
  #cellAt({ clientX, clientY }) {
    const { left, top, width, height } = this.cells.getBoundingClientRect();
    const at = (offset, length, count) => Math.min(count - 1, Math.max(0, Math.floor((offset / length) * count)));
    const [query, key] = [at(clientY - top, height, this.#size), at(clientX - left, width, this.#columns)];
    return this.#size && key <= this.#lastOf(query) ? [query, key] : null;
  }

  /** Frames the chosen row and column with elements over the cells, so that nothing is drawn again. */
  #highlight() {
    const [query, key] = this.#chosen;
    if (!this.#size) return;
    const down = (count) => `${(100 * count) / this.#size}%`;
    const across = (count) => `${(100 * count) / this.#columns}%`;
    this.row.hidden = !(query < this.#size && query >= 0);
    this.column.hidden = key === null || key < 0 || key >= this.#columns;
    const top = this.#shown.frame.isCausal ? down(key) : "0";
    Object.assign(this.row.style, { top: down(query), height: down(1), width: across(this.#lastOf(query) + 1) });
    Object.assign(this.column.style, { left: across(key), width: across(1), top });
    Object.assign(this.hidden.style, { width: across(1) });
    this.axes.choose(query, key);
    if (!this.row.hidden) this.grid.moveTo(query, this.column.hidden ? Math.min(query, this.#columns - 1) : key);
  }

  /** Says the sentence of a cell, or of the chosen one if `cell` is null. @param {[number, number] | null} cell */
  #say(cell) {
    const [query, key] = cell ?? (this.#saysChosen ? this.#chosen : [-1, null]);
    const isThere = this.#size > 0 && query >= 0 && key !== null && key >= 0 && query < this.#size && key <= this.#lastOf(query);
    setText(this.said, isThere ? this.#words(query, key) : "");
  }
}

const shortNumber = (number) => brief(number, 2).replace("-", "−");
