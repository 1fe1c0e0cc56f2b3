/**
 * What the Compare settings tab shows: the latest grid, the rows of settings of the next one, and what went wrong. Named
 * actions change it, and what follows from it is computed. Knows grids; does not know the page or the server.
 *
 * @typedef {import("./grid.js").Grid} Grid
 * @typedef {import("./grid.js").GridMessage} GridMessage
 * @typedef {import("./grid.js").Opening} Opening
 * @typedef {import("../distribution/settings.js").Settings} Settings
 */

import { FailingRun } from "../common/failing_run.js";
import { stagesInForce } from "../distribution/settings.js";
import { ORDERS, RULES } from "../distribution/stages/all.js";
import { keyOf } from "./grid.js";

const FIRST_ROWS = ["Greedy", "Focused", "Balanced", "Creative"];
/** The name of the preset in which every stage is off. */
export const PLAIN = "Pure sampling";

export class State extends FailingRun {
  /** @type {Grid | null} the latest grid, with the texts that have come */
  grid = null;
  /** @type {Settings[]} the rows of the next grid; no action changes an array or a row that is in use */
  rows = [];
  #plain;
  #mostRows;

  /** @param {Pick<Opening, "presets" | "limits">} opening */
  constructor({ presets, limits }) {
    super();
    this.#plain = presets[PLAIN];
    this.#mostRows = limits.rows;
    this.setRows(FIRST_ROWS.map((name) => presets[name]));
  }

  /** @returns {boolean} whether there may be one more row */
  get hasRoom() {
    return this.rows.length < this.#mostRows;
  }

  /** A grid begins, comes further or ends. @param {GridMessage} message */
  take(message) {
    const cells = message.grid === this.grid?.grid ? this.grid.cells : new Map();
    for (const cell of message.cells) cells.set(keyOf(cell), cell);
    this.grid = { ...message, cells };
    this.goOn(message.state === "running");
  }

  /** A grid is refused or broken off. The texts that have come stay. @param {string} sentence */
  fail(sentence) {
    if (this.grid?.state === "running") this.grid = { ...this.grid, state: "stopped" };
    super.fail(sentence);
  }

  /** The next grid has these rows, as many as it may have. @param {Settings[]} rows */
  setRows(rows) {
    this.rows = rows.slice(0, this.#mostRows);
  }

  /** @param {Settings} row */
  addRow(row) {
    this.setRows([...this.rows, row]);
  }

  /** @param {number} place */
  removeRow(place) {
    this.rows = this.rows.filter((_, other) => other !== place);
  }

  /** @param {number} place @param {Settings} change */
  changeRow(place, change) {
    this.rows = this.rows.map((row, other) => (other === place ? { ...row, ...change } : row));
  }

  /** A row gets another strategy; beams are more than one. @param {number} place @param {string} strategy */
  chooseStrategy(place, strategy) {
    const isSearch = strategy === "beam" && this.rows[place].num_beams < 2;
    this.changeRow(place, { strategy, ...(isSearch ? { num_beams: 4 } : {}) });
  }

  /** The first row that another order changes takes the place of all, once in each order. */
  sweepOrders() {
    const orders = Object.keys(ORDERS);
    const inOrders = (row) => orders.map((order) => ({ ...row, order }));
    const isChanged = (row) => new Set(inOrders(row).map((one) => stagesInForce(one).join())).size > 1;
    this.setRows(inOrders(this.rows.find(isChanged) ?? this.rows[0] ?? this.#plain));
  }

  /** Rows like the first one take its place, with one setting over a range. */
  sweep(name, low, high, size) {
    const base = { ...(this.rows[0] ?? this.#plain), strategy: "sample" };
    const values = spread(low, high, size);
    const fit = RULES[name].whole ? values.map(Math.round) : values;
    this.setRows([...new Set(fit)].map((value) => ({ ...base, [name]: value })));
  }
}

/** `size` values from `low` to `high`, without the noise of binary fractions. */
function spread(low, high, size) {
  const step = size > 1 ? (high - low) / (size - 1) : 0;
  return Array.from({ length: size }, (_, place) => Number((low + place * step).toFixed(3)));
}
