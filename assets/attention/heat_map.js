/**
 * Draws the map of one head: one row for each query, one column for each key, in the order of the text. The part above
 * the diagonal is empty, because no token sees a later one. It shows a sentence about the cell under the pointer or the
 * chosen cell.
 *
 * Plotly draws the axes and the scale, which are the same for most heads. The cells are a canvas over them with one
 * pixel for each cell, so that another head is drawn quickly.
 */

import { make, setText } from "../common/dom.js";
import { Chart, plain } from "../common/plotly.js";
import { onTheme } from "../common/theme.js";
import { DIFFERENCE_SCALE, HEAT_SCALE, colourIndex, colourTable } from "./heat.js";
import { LOG_DECADES, largest, place } from "./weights.js";

const LABEL = { letters: 10, height: 13 };
/** The margins in pixels. They leave room for labels of `LABEL.letters` letters, the axes' titles and the scale. */
const WIDE = { l: 108, r: 84, t: 4, b: 104, autoexpand: false };
const NARROW = { l: 88, r: 92, t: 4, b: 84, autoexpand: false };
const NARROW_FROM = 540;
const TICKS = 4;

/**
 * @typedef {object} Look
 * @property {[number, string][]} scale  the colours
 * @property {(weight: number) => number} share  returns the position of a weight on the scale, from 0 to 1
 * @property {string} name  the name of the scale
 * @property {string[]} values  evenly spaced labels along the scale
 */

export class HeatMap {
  #chart;
  #size = 0;
  #chosen = [-1, null];
  #words;
  #shown = null; // {rows, tokens, look}
  #framed = ""; // identifies what the axes and the scale were drawn for

  /**
   * @param {string} label  a description for screen readers
   * @param {(query: number, key: number) => void} onChoose  called when the reader chooses a cell
   * @param {(query: number, key: number) => string} words  returns the sentence for a cell
   */
  constructor(label, onChoose, words) {
    this.#words = words;
    this.#chart = new Chart(label);
    this.title = make("div", "pg-bars-title");
    this.said = make("p", "pg-map-said");
    this.message = make("p", "pg-map-message");
    this.cells = make("canvas", "pg-map-cells");
    this.row = make("div", "pg-map-row");
    this.column = make("div", "pg-map-column");
    this.hidden = make("div", "pg-map-hidden");
    this.area = make("div", "pg-map-area", this.cells, this.hidden, this.column, this.row);
    this.plot = make("div", "pg-map-plot", this.#chart.element, this.area, this.said, this.message);
    /** The title's line, with room for a button. */
    this.head = make("div", "pg-picture-head", this.title);
    this.element = make("figure", "pg-map", this.head, this.plot);
    this.area.addEventListener("pointermove", (event) => this.#say(...(this.#cellAt(event) ?? this.#chosen)));
    this.area.addEventListener("pointerleave", () => this.#say(...this.#chosen));
    this.area.addEventListener("click", (event) => {
      const cell = this.#cellAt(event);
      if (cell) onChoose(...cell);
    });
    onTheme(() => this.#paint());
    new ResizeObserver(() => this.#frame()).observe(this.plot);
    this.clear("");
  }

  /** Shows a sentence and no map. @param {string} message */
  clear(message) {
    this.#size = 0;
    setText(this.message, message);
    this.plot.classList.add("pg-no-map");
  }

  /**
   * @param {string} title
   * @param {Float32Array[]} rows  weights, NaN where a token is left out
   * @param {string[]} tokens
   * @param {boolean} isLog
   */
  show(title, rows, tokens, isLog) {
    const top = Math.max(...rows.map(largest));
    const values = Array.from({ length: TICKS + 1 }, (_, tick) =>
      shortNumber(isLog ? top * 10 ** ((tick / TICKS - 1) * LOG_DECADES) : (top * tick) / TICKS),
    );
    if (isLog) values[0] = `≤ ${values[0]}`;
    const share = (weight) => place(weight, top, isLog);
    return this.#draw(title, rows, tokens, { scale: HEAT_SCALE, share, name: "weight", values });
  }

  /**
   * Shows differences. The middle of the scale means no difference.
   *
   * @param {string} title
   * @param {Float32Array[]} rows
   * @param {string[]} tokens
   */
  showDifference(title, rows, tokens) {
    const top = Math.max(...rows.map((row) => largest(row.map(Math.abs)))) || 1;
    const values = [-top, -top / 2, 0, top / 2, top].map(shortNumber);
    const share = (weight) => (weight / top + 1) / 2;
    return this.#draw(title, rows, tokens, { scale: DIFFERENCE_SCALE, share, name: "B − A", values });
  }

  /** @param {number} query @param {number | null} key */
  choose(query, key) {
    this.#chosen = [query, key];
    this.#highlight();
    this.#say(query, key);
  }

  /** @param {Look} look */
  async #draw(title, rows, tokens, look) {
    setText(this.title, title);
    setText(this.message, "");
    this.plot.classList.remove("pg-no-map");
    this.#size = rows.length;
    this.#shown = { rows, tokens, look };
    this.hidden.hidden = !Number.isNaN(rows[0][0]);
    this.#highlight();
    this.#say(...this.#chosen);
    this.#paint();
    await this.#frame();
  }

  /** Draws the cells with one pixel each. The style sheet enlarges the canvas to the size of the map. */
  #paint() {
    if (!this.#size) return;
    const { rows, look } = this.#shown;
    const table = colourTable(look.scale, this.cells);
    const image = new ImageData(this.#size, this.#size);
    const pixels = new Uint32Array(image.data.buffer);
    rows.forEach((row, query) => {
      row.forEach((weight, key) => {
        if (!Number.isNaN(weight)) pixels[query * this.#size + key] = table[colourIndex(look.share(weight))];
      });
    });
    this.cells.width = this.cells.height = this.#size;
    this.cells.getContext("2d").putImageData(image, 0, 0);
  }

  /** Draws the axes and the scale, but only if the tokens, the scale or the size have changed. */
  async #frame() {
    const { clientWidth, clientHeight } = this.plot;
    if (!this.#size || !clientWidth) return;
    const { tokens, look } = this.#shown;
    const framed = JSON.stringify([clientWidth, clientHeight, tokens, look.name, look.values]);
    if (framed === this.#framed) return;
    const isNarrow = clientWidth < NARROW_FROM;
    const margin = isNarrow ? NARROW : WIDE;
    this.area.style.inset = `${margin.t}px ${margin.r}px ${margin.b}px ${margin.l}px`;
    const axis = (title, length, range) => ({
      ...ticks(tokens, length, isNarrow ? LABEL.letters - 2 : LABEL.letters),
      range,
      title: { text: title, standoff: 4, font: { size: 14 } },
      showgrid: false,
      zeroline: false,
      automargin: false,
    });
    const end = this.#size - 0.5;
    await this.#chart.show([scaleAlone(look)], {
      margin,
      showlegend: false,
      hovermode: false,
      xaxis: { ...axis("key: the token looked at", clientWidth - margin.l - margin.r, [-0.5, end]), tickangle: -90 },
      yaxis: axis("query: the token that looks", clientHeight - margin.t - margin.b, [end, -0.5]),
    });
    this.#framed = framed;
  }

  /** @returns {[query: number, key: number] | null} null above the diagonal */
  #cellAt({ offsetX, offsetY }) {
    const at = (offset, length) => Math.min(this.#size - 1, Math.max(0, Math.floor((offset / length) * this.#size)));
    const [query, key] = [at(offsetY, this.area.clientHeight), at(offsetX, this.area.clientWidth)];
    return key <= query ? [query, key] : null;
  }

  /** Frames the chosen row and column with elements over the chart, so that nothing is drawn again. */
  #highlight() {
    const [query, key] = this.#chosen;
    const share = (count) => `${(100 * count) / this.#size}%`;
    this.row.hidden = !(query < this.#size && query >= 0);
    this.column.hidden = key === null || key >= this.#size;
    Object.assign(this.row.style, { top: share(query), height: share(1), width: share(query + 1) });
    Object.assign(this.column.style, { left: share(key), width: share(1), top: share(key) });
    Object.assign(this.hidden.style, { width: share(1) });
  }

  #say(query, key) {
    const isThere = this.#size > 0 && query >= 0 && key !== null && key <= query && query < this.#size;
    setText(this.said, isThere ? this.#words(query, key) : "");
  }
}

/** Makes a Plotly trace without points, for which Plotly draws only the scale. @param {Look} look */
function scaleAlone({ scale, name, values }) {
  const bar = { thickness: 12, outlinewidth: 0, xpad: 8, tickfont: { size: 12 }, title: { text: name, side: "right", font: { size: 14 } } };
  const ticks = { tickmode: "array", tickvals: values.map((_, tick) => tick / (values.length - 1)), ticktext: values };
  const marker = { color: [0], colorscale: scale, cmin: 0, cmax: 1, showscale: true, colorbar: { ...bar, ...ticks } };
  return { type: "scatter", mode: "markers", x: [null], y: [null], marker };
}

/** Makes labels for as many tokens as the axis has room for. */
function ticks(tokens, length, letters) {
  const every = Math.max(1, Math.ceil((LABEL.height * tokens.length) / Math.max(1, length)));
  const tickvals = tokens.map((_, index) => index).filter((index) => index % every === 0);
  return { tickmode: "array", tickvals, ticktext: tickvals.map((index) => plain(shortText(tokens[index], letters))) };
}

/** Returns the beginning of a token, cut between whole characters. */
function shortText(text, letters) {
  const all = Array.from(text);
  return all.length > letters ? `${all.slice(0, letters - 1).join("")}…` : text;
}

const shortNumber = (number) => String(Number(number.toPrecision(2))).replace("-", "−");
