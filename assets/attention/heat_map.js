/**
 * The map of one head: a row a query, a column a key, in the order of the text. Above the diagonal nothing: no token
 * sees a later one, and there the words for the cell under the pointer, or the chosen one, have their place.
 */

import { make, setText } from "../common/dom.js";
import { Chart, plain } from "../common/plotly.js";
import { DIFFERENCE_SCALE, HEAT_SCALE } from "./heat.js";
import { LOG_DECADES, largest, place } from "./weights.js";

const LABEL = { letters: 10, height: 13 };
/** px: room for labels of so many letters, the axes' titles and the scale. */
const WIDE = { l: 108, r: 84, t: 4, b: 104, autoexpand: false };
const NARROW = { l: 88, r: 92, t: 4, b: 84, autoexpand: false };
const NARROW_FROM = 540;
const TICKS = 4;

export class HeatMap {
  #chart;
  #size = 0;
  #chosen = [-1, null];
  #words;

  /**
   * @param {string} label  what it shows, for those who do not see it
   * @param {(query: number, key: number) => void} onChoose  the reader chose a cell
   * @param {(query: number, key: number) => string} words  of a cell
   */
  constructor(label, onChoose, words) {
    this.#words = words;
    this.#chart = new Chart(label);
    this.#chart.on("plotly_hover", ({ points: [{ x, y }] }) => this.#say(y, x));
    this.#chart.on("plotly_unhover", () => this.#say(...this.#chosen));
    this.#chart.on("plotly_click", ({ points: [{ x, y }] }) => onChoose(y, x));
    this.title = make("div", "pg-bars-title");
    this.said = make("p", "pg-map-said");
    this.message = make("p", "pg-map-message");
    this.row = make("div", "pg-map-row");
    this.column = make("div", "pg-map-column");
    this.hidden = make("div", "pg-map-hidden");
    this.area = make("div", "pg-map-area", this.hidden, this.column, this.row);
    this.plot = make("div", "pg-map-plot", this.#chart.element, this.area, this.said, this.message);
    /** The title's line, with room for a button. */
    this.head = make("div", "pg-picture-head", this.title);
    this.element = make("figure", "pg-map", this.head, this.plot);
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
    const z = rows.map((row) => row.map((weight) => (Number.isNaN(weight) ? NaN : place(weight, top, isLog))));
    const values = Array.from({ length: TICKS + 1 }, (_, tick) =>
      isLog ? top * 10 ** ((tick / TICKS - 1) * LOG_DECADES) : (top * tick) / TICKS,
    );
    const words = values.map((value) => shortNumber(value));
    if (isLog) words[0] = `≤ ${words[0]}`;
    const bar = { tickvals: values.map((_, tick) => tick / TICKS), ticktext: words, title: { text: "weight", font: { size: 14 } } };
    this.hidden.hidden = !(rows.length && Number.isNaN(rows[0][0]));
    return this.#draw(title, z, tokens, { colorscale: HEAT_SCALE, zmin: 0, zmax: 1, colorbar: bar });
  }

  /**
   * Less and more, with no difference in the middle of the scale.
   *
   * @param {string} title
   * @param {Float32Array[]} rows
   * @param {string[]} tokens
   */
  showDifference(title, rows, tokens) {
    const top = Math.max(...rows.map((row) => largest(row.map(Math.abs)))) || 1;
    const values = [-top, -top / 2, 0, top / 2, top];
    const bar = { tickvals: values, ticktext: values.map(shortNumber), title: { text: "B − A", font: { size: 14 } } };
    this.hidden.hidden = !(rows.length && Number.isNaN(rows[0][0]));
    return this.#draw(title, rows, tokens, { colorscale: DIFFERENCE_SCALE, zmin: -top, zmax: top, colorbar: bar });
  }

  /** @param {number} query @param {number | null} key */
  choose(query, key) {
    this.#chosen = [query, key];
    this.#highlight();
    this.#say(query, key);
  }

  async #draw(title, z, tokens, look) {
    setText(this.title, title);
    setText(this.message, "");
    this.plot.classList.remove("pg-no-map");
    this.#size = z.length;
    this.#highlight();
    this.#say(...this.#chosen);
    const { clientWidth, clientHeight } = this.#chart.element;
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
    const end = z.length - 0.5;
    const colorbar = { thickness: 12, outlinewidth: 0, xpad: 8, tickfont: { size: 12 }, ...look.colorbar };
    await this.#chart.show([{ type: "heatmap", z, hoverinfo: "none", ...look, colorbar }], {
      margin,
      hovermode: "closest",
      xaxis: { ...axis("key: looked at", clientWidth - margin.l - margin.r, [-0.5, end]), tickangle: -90 },
      yaxis: axis("query: looks", clientHeight - margin.t - margin.b, [end, -0.5]),
    });
  }

  /** Frames the chosen row and column, over the chart: that takes no redrawing. */
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

/** Labels for as many tokens as there is room for. */
function ticks(tokens, length, letters) {
  const every = Math.max(1, Math.ceil((LABEL.height * tokens.length) / Math.max(1, length)));
  const tickvals = tokens.map((_, index) => index).filter((index) => index % every === 0);
  return { tickmode: "array", tickvals, ticktext: tickvals.map((index) => plain(shortText(tokens[index], letters))) };
}

/** The beginning of a token, by whole characters. */
function shortText(text, letters) {
  const all = Array.from(text);
  return all.length > letters ? `${all.slice(0, letters - 1).join("")}…` : text;
}

const shortNumber = (number) => String(Number(number.toPrecision(2))).replace("-", "−");
