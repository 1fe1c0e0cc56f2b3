/**
 * Draws a table of numbers as coloured cells, with names at both sides, a legend, and a sentence about the cell under the
 * pointer or the keyboard. Knows numbers and words, not what they mean.
 */

import { CellGrid } from "../../attention/cell_grid.js";
import { DIFFERENCE_SCALE, HEAT_SCALE, colourIndex, colourTable } from "../../attention/heat.js";
import { Legend } from "../../attention/legend.js";
import { make, setText } from "../../common/dom.js";
import { brief, t } from "../../common/language.js";

const TICKS = 8;

export class CellsPicture {
  /** @type {import("./ways.js").Cells | null} */
  #cells = null;
  /** @type {[row: number, column: number] | null} the cell that the sentence is about */
  #at = null;

  constructor() {
    this.title = make("div", "pg-bars-title");
    this.canvas = make("canvas", "pg-positions-cells");
    this.canvas.ariaHidden = "true";
    this.grid = new CellGrid(t("Cells of the picture"), { words: (row, column) => this.#cells.words(row, column), onMove: (row, column) => this.#say([row, column]) });
    this.rows = make("div", "pg-positions-rows");
    this.columns = make("div", "pg-positions-columns");
    this.rowName = make("span", "pg-positions-row-name");
    this.columnName = make("span", "pg-positions-column-name");
    this.area = make("div", "pg-positions-area", this.canvas, this.grid.element);
    this.said = make("p", "pg-positions-said");
    this.legend = new Legend();
    const plot = make("div", "pg-positions-plot", this.rowName, this.rows, this.area, this.columns, this.columnName);
    this.element = make("figure", "pg-positions-figure", this.title, plot, this.legend.element, this.said);
    this.area.addEventListener("pointermove", (event) => this.#say(this.#cellAt(event)));
    this.area.addEventListener("pointerleave", () => this.#say(null));
  }

  /** @param {import("./ways.js").Cells | null} cells */
  show(cells) {
    this.#cells = cells;
    this.element.hidden = !cells;
    if (!cells) return this.grid.clear();
    const { title, rows, columns, rowNames, columnNames, columnTicks = columnNames, isSigned, largest = 1, legend } = cells;
    setText(this.title, title);
    this.element.ariaLabel = title;
    this.grid.element.ariaLabel = t("{title}: {rows} by {columns}", { title, rows, columns });
    setText(this.rowName, `${rows} ↓`);
    setText(this.columnName, `${columns} →`);
    this.rows.replaceChildren(...ticks(rowNames, "top"));
    this.columns.replaceChildren(...ticks(columnTicks, "left"));
    this.legend.show(legend, isSigned ? DIFFERENCE_SCALE : HEAT_SCALE, isSigned ? `−${endOf(largest)}` : "0", endOf(largest));
    this.grid.show({ rows: rowNames.length, columns: columnNames.length });
    const isThere = this.#at && this.#at[0] < rowNames.length && this.#at[1] < columnNames.length;
    this.#say(isThere ? this.#at : null); // the pane is drawn again whenever an answer comes
    this.#paint();
  }

  /** Draws one pixel for each cell. The style sheet enlarges the canvas. */
  #paint() {
    const { values, isSigned, largest = 1 } = this.#cells;
    const table = colourTable(isSigned ? DIFFERENCE_SCALE : HEAT_SCALE, this.canvas);
    const [height, width] = [values.length, values[0].length];
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const share = (value) => Math.min(1, Math.max(0, isSigned ? (value / largest + 1) / 2 : value / largest));
    for (const [at, value] of values.flat().entries()) pixels[at] = table[colourIndex(share(value))];
    Object.assign(this.canvas, { width, height });
    this.canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** @returns {[row: number, column: number]} */
  #cellAt({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const { rowNames, columnNames } = this.#cells;
    const at = (offset, length, cells) => Math.min(cells - 1, Math.max(0, Math.floor((offset / length) * cells)));
    return [at(clientY - top, height, rowNames.length), at(clientX - left, width, columnNames.length)];
  }

  /** @param {[row: number, column: number] | null} cell */
  #say(cell) {
    this.#at = cell;
    setText(this.said, cell ? this.#cells.words(...cell) : t("Point at a cell, or walk with the arrow keys, to read its number."));
  }
}

/** @param {number} largest  where the colours end */
const endOf = (largest) => brief(largest, 3);

/** @param {string[]} names @param {"top" | "left"} side @returns {HTMLElement[]} some of the names, each beside its cell */
function ticks(names, side) {
  const step = Math.max(1, Math.ceil(names.length / TICKS));
  return names.flatMap((name, place) => {
    if (place % step) return [];
    const tick = make("span", "", name);
    tick.style[side] = `${(100 * (place + 0.5)) / names.length}%`;
    return [tick];
  });
}
