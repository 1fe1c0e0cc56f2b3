/**
 * Draws the logit lens: one row for each token of the text, one column for each layer. A cell holds the word that the
 * model would write after that token if it ended at that layer, where there is room for words. The arrow keys move from
 * cell to cell. Draws what it is given.
 */

import { CellGrid } from "../../attention/cell_grid.js";
import { TableFold } from "../../attention/table_fold.js";
import { make, setText } from "../../common/dom.js";
import { t, tn } from "../../common/language.js";
import { percent } from "../../common/words.js";
import { takeAway } from "./take.js";
import { layersThatFit } from "./cells.js";
import { MEANINGS, nats } from "./shading.js";
import { onResize } from "../../common/resize.js";
import { isEncoder } from "../../models/serving.js";

const WORD = 4.5; // the width that a cell with a word has at least, in the element's font size
const LEAST = 2.5; // the width from which on the beginning of a word is shown

const OF_WRITER = t("Read a row from left to right: the word that the model would write after this token if it ended after so many layers.");
const OF_ENCODER = t("Read a row from left to right: the word that the model would put in this token’s place if it ended after so many layers.");
const BOLD = t("Words are bold where they are the model’s final word.");

export class LensMap {
  /** @type {import("./state.js").LayersState} */
  #state;
  #textOf;
  #layers = [];
  #rows = []; // {label, cells} of each position
  #framed = ""; // identifies what the rows were made for
  #onChoose;

  /**
   * @param {import("./state.js").LayersState} state
   * @param {(id: number) => string} textOf
   * @param {(position: number, layer: number) => void} onChoose
   */
  constructor(state, textOf, onChoose) {
    this.#state = state;
    this.#textOf = textOf;
    this.#onChoose = onChoose;
    this.title = make("h3", "pg-chart-title", isEncoder() ? t("What each layer would say (logit lens)") : t("What each layer would say next (logit lens)"));
    this.about = make("p", "pg-lens-about", `${isEncoder() ? OF_ENCODER : OF_WRITER} ${BOLD}`);
    this.head = make("div", "pg-lens-head");
    this.labels = make("div", "pg-lens-labels");
    this.rows = make("div", "pg-lens-rows");
    this.rows.ariaHidden = "true";
    this.labels.ariaHidden = "true";
    this.head.ariaHidden = "true";
    this.grid = new CellGrid(t("Logit lens: rows are tokens, columns are layers"), {
      words: (row, column) => this.wordsOf(row, this.#layers[column]),
      onMove: (row, column) => this.#choose(row, column),
    });
    this.mark = make("div", "pg-lens-mark");
    this.area = make("div", "pg-lens-area", this.rows, this.mark, this.grid.element);
    this.area.addEventListener("click", (event) => this.#onClick(event));
    this.area.addEventListener("pointermove", (event) => this.#onPoint(event));
    this.area.addEventListener("pointerleave", () => this.#say(null));
    this.box = make("div", "pg-lens-box", this.head, make("div", "pg-lens-body", this.labels, this.area));
    this.said = make("p", "pg-lens-said");
    this.legend = make("div", "pg-lens-legend");
    this.axis = make("p", "pg-lens-axis");
    const parts = [this.axis, this.box, this.legend, this.said];
    this.element = make("figure", "pg-lens", make("div", "pg-picture-head", this.title), this.about, ...parts);
    this.element.ariaLabel = t("Logit lens");
    this.title.after(takeAway("logit lens", t("Export the logit lens"), this.element, () => this.#csv()));
    this.table = new TableFold(t("The logit lens as a table"));
    onResize(this.box, () => this.show());
  }

  /** Draws what is there. */
  show() {
    const { text, cells } = this.#state;
    this.element.hidden = !text || !cells;
    this.table.element.hidden = this.element.hidden;
    if (this.element.hidden) {
      this.#framed = "";
      return this.grid.clear();
    }
    if (!this.box.clientWidth) return; // not in view
    this.#frame();
    const { shade } = MEANINGS[this.#state.meaning];
    for (const [position, row] of this.#rows.entries()) {
      for (const [column, layer] of this.#layers.entries()) fill(row[column], cells.at(position, layer), shade, this.#textOf);
    }
    this.#showLegend();
    this.choose();
    this.table.show(() => this.#table());
  }

  /** Marks the chosen cell. */
  choose() {
    const { query, layer, cells } = this.#state;
    if (!this.#rows.length || !cells) return;
    if (!this.#layers.includes(layer)) return this.#reframe(); // a layer that had no room is chosen
    const column = this.#layers.indexOf(layer);
    const isThere = query >= 0 && query < cells.tokens;
    this.mark.hidden = !isThere;
    for (const [position, label] of Array.from(this.labels.children).entries()) label.classList.toggle("pg-lens-query", position === query);
    for (const [place, name] of Array.from(this.head.querySelectorAll(".pg-lens-layer")).entries()) name.classList.toggle("pg-lens-query", place === column);
    if (!isThere) return this.#say(null);
    const share = (number, all) => `${(100 * number) / all}%`;
    Object.assign(this.mark.style, { top: share(query, cells.tokens), height: share(1, cells.tokens) });
    Object.assign(this.mark.style, { left: share(column, this.#layers.length), width: share(1, this.#layers.length) });
    this.grid.moveTo(query, column);
    this.#scrollTo(query);
    this.#say(null);
  }

  /** @returns {string} a sentence about a cell */
  wordsOf(position, layer) {
    const { cells, text } = this.#state;
    const cell = cells?.at(position, layer);
    const values = { layer: layerName(layer, cells.layers), token: text.tokens[position], number: position + 1 };
    const place = text.isOfEncoder ? t("{layer}, in the place of “{token}” ({number})", values) : t("{layer}, after “{token}” ({number})", values);
    if (!cell) return t("{place}: not computed yet", { place });
    const words = cell.top.map(([id, share]) => t("“{token}” {share}", { token: this.#textOf(id), share: percent(share) })).join(", ");
    return t("{place}: {words}; the final word has rank {rank} and {final}; KL {kl} to the end", {
      place, words, rank: cell.rank, final: percent(cell.final), kl: nats(cell.klNats),
    });
  }

  #reframe() {
    this.#framed = "";
    this.show();
  }

  /** Makes the rows, if the text, the layers or the room have changed. */
  #frame() {
    const { text, cells, showsAll, layer } = this.#state;
    const em = parseFloat(getComputedStyle(this.box).fontSize);
    const fitting = layersThatFit(cells.layers, Math.floor(this.area.clientWidth / (WORD * em)));
    const all = Array.from({ length: cells.layers }, (_, number) => number);
    const layers = showsAll ? all : all.filter((one) => fitting.includes(one) || one === layer);
    const framed = JSON.stringify([text.traceId, cells.tokens, layers]);
    this.area.classList.toggle("pg-lens-tight", this.area.clientWidth / layers.length < WORD * em);
    this.area.classList.toggle("pg-lens-wordless", this.area.clientWidth / layers.length < LEAST * em);
    if (framed === this.#framed) return;
    this.#framed = framed;
    this.#layers = layers;
    this.element.style.setProperty("--pg-layers", String(layers.length));
    this.element.style.setProperty("--pg-positions", String(cells.tokens));
    const tokens = text.tokens.slice(0, cells.tokens);
    this.labels.replaceChildren(...tokens.map((token) => Object.assign(make("span", "pg-token pg-lens-label", token), { title: token })));
    this.#rows = tokens.map(() => layers.map(() => make("span", "pg-token pg-lens-cell")));
    this.rows.replaceChildren(...this.#rows.flat());
    const names = layers.map((number) => make("span", "pg-lens-layer", String(number)));
    this.head.replaceChildren(make("span", "pg-lens-corner", t("token read")), make("span", "pg-lens-names", ...names));
    const left = all.length - layers.length;
    const last = cells.layers - 1;
    setText(
      this.axis,
      left
        ? tn(
            "columns: layers that have run, from 0 (the embedding) to {last} (the model itself); {n} layer has no room",
            "columns: layers that have run, from 0 (the embedding) to {last} (the model itself); {n} layers have no room",
            left,
            { last },
          )
        : t("columns: layers that have run, from 0 (the embedding) to {last} (the model itself)", { last }),
    );
    this.grid.show({ rows: cells.tokens, columns: layers.length });
  }

  #showLegend() {
    const { name, legend } = MEANINGS[this.#state.meaning];
    const parts = legend.map((part) => {
      if (typeof part === "string") return make("span", "", part);
      const shade = make("span", "pg-shade");
      shade.dataset.heat = String(part);
      return shade;
    });
    this.legend.replaceChildren(make("span", "", t("colour: {meaning}", { meaning: name })), ...parts);
  }

  #scrollTo(position) {
    const row = this.box.scrollHeight > this.box.clientHeight ? this.rows.clientHeight / this.#state.cells.tokens : 0;
    const top = this.area.offsetTop + position * row;
    const under = this.head.offsetHeight;
    if (top - under < this.box.scrollTop) this.box.scrollTop = top - under;
    else if (top + row > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + row - this.box.clientHeight;
  }

  #choose(row, column) {
    this.#onChoose(row, this.#layers[column]);
  }

  #onClick(event) {
    const at = this.#cellAt(event);
    if (!at) return;
    this.#choose(...at);
    this.grid.focus(); // so that the arrow keys go on from here
  }

  #onPoint(event) {
    this.#say(this.#cellAt(event));
  }

  /** @returns {[row: number, column: number] | null} */
  #cellAt({ clientX, clientY }) {
    if (!this.#rows.length) return null;
    const { left, top, width, height } = this.rows.getBoundingClientRect();
    const at = (offset, length, all) => Math.min(all - 1, Math.max(0, Math.floor((offset / length) * all)));
    return [at(clientY - top, height, this.#rows.length), at(clientX - left, width, this.#layers.length)];
  }

  /** Says the sentence of a cell, or of the chosen one. @param {[number, number] | null} at */
  #say(at) {
    const { query, layer, cells } = this.#state;
    const [row, chosen] = at ? [at[0], this.#layers[at[1]]] : [query, layer];
    setText(this.said, cells && row >= 0 && row < cells.tokens ? this.wordsOf(row, chosen) : "");
  }

  #table() {
    const { text, cells } = this.#state;
    const columns = [t("token read"), ...this.#layers.map((layer) => layerName(layer, cells.layers))];
    const words = (cell) => (cell ? `${this.#textOf(cell.top[0][0])} ${percent(cell.top[0][1])}` : "–");
    const lines = this.#rows.map((_, position) => [text.tokens[position], ...this.#layers.map((layer) => words(cells.at(position, layer)))]);
    return { columns, lines };
  }

  #csv() {
    const { text, cells } = this.#state;
    const header = ["position", "token", "layer", "top_token_id", "top_token", "probability", "probability_of_final", "rank_of_final", "kl_nats"];
    const line = (position, layer) => {
      const cell = cells.at(position, layer);
      if (!cell) return [];
      const [id, share] = cell.top[0];
      return [[position, text.tokens[position], layer, id, this.#textOf(id), share, cell.final, cell.rank, cell.klNats]];
    };
    const layers = Array.from({ length: cells.layers }, (_, layer) => layer);
    return [header, ...this.#rows.flatMap((_, position) => layers.flatMap((layer) => line(position, layer)))];
  }
}

/** @returns {string} "the embedding", "after 12 layers", "after all 30 layers" */
export function layerName(layer, layers) {
  if (layer === 0) return t("at the embedding");
  return layer === layers - 1 ? tn("after all {n} layer", "after all {n} layers", layer) : tn("after {n} layer", "after {n} layers", layer);
}

function fill(element, cell, shade, textOf) {
  const word = cell ? textOf(cell.top[0][0]) : "";
  setText(element, word);
  if (element.title !== word) element.title = word;
  if (cell) element.dataset.heat = String(shade(cell));
  else delete element.dataset.heat;
  element.classList.toggle("pg-lens-final", cell?.rank === 1);
}
