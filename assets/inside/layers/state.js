/**
 * What the pane Layers shows: the grid of a text as far as it is there, the chosen layer, what it says at the chosen
 * position, and the terms of a token's logit. Named actions change it. Does not know the page or the server.
 *
 * @typedef {import("../text.js").Text} Text
 * @typedef {import("./reader.js").Column} Column
 * @typedef {import("./reader.js").Terms} Terms
 */

import { Cells } from "./cells.js";

export class LayersState {
  /** @type {Text | null} */
  text = null;
  /** The token that reads, whose vectors are in view. */
  query = -1;
  /** @type {Cells | null} once the first line of the grid is there */
  cells = null;
  /** Whether the grid is being computed. */
  isReading = false;
  /** @type {number | null} the layer whose distribution is shown as bars, null for the last one */
  #layer = null;
  /** What the shades mean, a name of MEANINGS in shading.js. */
  meaning = "probability";
  /** Whether all layers are shown, also where their words have no room. */
  showsAll = false;
  /** @type {Column | null} of the position in view, once fetched */
  column = null;
  /** @type {import("../../distribution/row.js").Row | null} of the chosen cell, once fetched */
  row = null;
  /** @type {number | null} the token whose logit is shared out, null for the most probable one at the end */
  #token = null;
  /** @type {number | null} the token whose logit is subtracted, null for none */
  against = null;
  /** @type {Terms | null} once fetched */
  terms = null;
  /** @type {number | null} the block whose heads are shown */
  block = null;
  /** @type {number | null} the block that was opened elsewhere last */
  #opened = null;
  /** Why the grid, the position or the terms cannot be shown, each "" if they can. */
  errors = { grid: "", position: "", terms: "" };

  /** Begins with a text, or with none. @param {Text | undefined} text @returns {boolean} whether it is another one */
  open(text) {
    const isSame = text?.traceId === this.text?.traceId && text?.size === this.text?.size && text?.isRunning === this.text?.isRunning;
    if (isSame) return false;
    this.text = text ?? null;
    this.cells = null;
    this.isReading = false;
    this.errors.grid = "";
    this.turn(-1);
    return true;
  }

  /** Turns to a position. @param {number} query @returns {boolean} whether it is another one */
  turn(query) {
    if (query === this.query) return false;
    this.query = query;
    this.column = this.row = this.terms = null;
    this.#token = this.against = this.block = null; // they belong to the answer at the last position
    this.errors.position = this.errors.terms = "";
    return true;
  }

  /** @returns {number} the chosen layer; -1 while the number of layers is not known */
  get layer() {
    const layers = this.cells?.layers ?? this.column?.layers.length ?? 0;
    return Math.min(this.#layer ?? layers - 1, layers - 1);
  }

  /** Turns to a layer. @param {number} layer @returns {boolean} whether it is another one */
  turnLayer(layer) {
    if (layer === this.layer) return false;
    this.#layer = layer;
    this.row = null;
    return true;
  }

  /** Turns to what a block adds, once it has been opened elsewhere. @param {number | null} block @returns {boolean} whether it shows another layer */
  openBlock(block) {
    if (block === this.#opened || block === null) return false;
    this.#opened = block;
    this.block = block;
    return this.turnLayer(block + 1);
  }

  /** Begins to read the grid. */
  begin() {
    this.isReading = true;
    this.errors.grid = "";
  }

  /** Takes one line of the grid. @param {any} line */
  take(line) {
    if (line.tokens === undefined) this.cells.put(line);
    else this.cells ??= new Cells(line); // what was there before a stop stays
  }

  /** The grid is there, or was stopped, or cannot be had. @param {string} [error] */
  end(error = "") {
    this.isReading = false;
    this.errors.grid = error;
  }

  /** Whether an answer about a cell is the one to show. */
  wantsRow(traceId, query, layer) {
    return this.wantsPosition(traceId, query) && layer === this.layer;
  }

  /** Whether an answer about a position is the one to show. */
  wantsPosition(traceId, query) {
    return traceId === this.text?.traceId && query === this.query;
  }

  /** Whether terms are those to show. */
  wantsTerms(traceId, query, token, against) {
    return this.wantsPosition(traceId, query) && token === this.token && against === this.against;
  }

  /** @returns {number | null} the token whose logit is shared out */
  get token() {
    return this.#token ?? this.column?.watched[0] ?? null;
  }

  /** Chooses the token whose logit is shared out, and the one whose logit is subtracted. */
  chooseTokens(token, against) {
    this.#token = token;
    this.against = against === token ? null : against;
    this.terms = null;
    this.errors.terms = "";
  }

  /** @returns {number[]} the tokens that can be chosen: those that are watched, and the chosen ones */
  get offered() {
    const chosen = [this.token, this.against].filter((id) => id !== null);
    return Array.from(new Set([...(this.column?.watched ?? []), ...chosen]));
  }

  /** Shows the heads of a block, or of none. @param {number | null} block */
  chooseBlock(block) {
    this.block = block;
  }
}
