/**
 * Draws a grid's chart: diversity against likelihood, or a measure along the one setting in which the rows differ.
 *
 * @typedef {import("./grid.js").Row & {place: number}} Told  a row of the grid that has texts, with its place
 */

import { Caption } from "../common/caption.js";
import { make, setText } from "../common/dom.js";
import { select } from "../common/fields.js";
import { count, t } from "../common/language.js";
import { Chart, plain } from "../common/plotly.js";
import { label, logitText, percent } from "../common/words.js";
import { OFF } from "../distribution/settings.js";
import { curveCaptionOf, scatterCaptionOf } from "./caption.js";
import { labelPlaces } from "./label_places.js";
import { estimate } from "./measure_table.js";
import { sweptBy } from "./settings.js";
import { onResize } from "../common/resize.js";

/** What stands around the plot of the points, in px, for letters of a size. @param {number} letter */
const marginOf = (letter) => ({ t: 24, r: 24, b: 3.5 * letter, l: 5 * letter });

const BAR = 4; // px, the width of an error bar with some air

/** What people call the settings that no stage has. @type {Record<string, string>} */
const OF_SEARCH = { num_beams: t("beams"), length_penalty: t("length penalty"), early_stopping: t("early stopping") };

/** @returns {string} what people call a setting: "top-k", "beams", "length penalty" */
export const labelOf = (name) =>
  name in OFF ? label(name) : (OF_SEARCH[name] ?? name.replaceAll("_", " "));

export class GridChart {
  /** @type {import("./grid.js").Grid | null} */
  #grid = null;
  #measures;
  #width = 0; // for which the names have their places

  /** @param {import("./grid.js").Measures} measures */
  constructor(measures) {
    this.#measures = measures;
    this.title = make("span", "pg-chart-title");
    this.measure = select(t("Measure"), Object.keys(measures), { wordsOf: (name) => measures[name].label });
    this.measure.value = "perplexity";
    this.measure.addEventListener("change", () => this.#draw());
    this.chart = new Chart(t("A grid's chart"));
    this.notice = make("p", "pg-muted");
    const head = make("div", "pg-compare-line", this.title, this.measure);
    this.caption = new Caption();
    this.caption.describe(this.chart.element);
    this.element = make("figure", "pg-grid-chart", head, this.chart.element, this.caption.element, this.notice);
    onResize(this.chart.element, () => this.#grid && this.chart.element.clientWidth !== this.#width && this.#draw());
  }

  /** @param {import("./grid.js").Grid} grid */
  show(grid) {
    this.#grid = grid;
    this.#draw();
  }

  async #draw() {
    const { table } = this.#grid;
    const swept = sweptBy(table.map((row) => row.settings));
    this.measure.hidden = !swept;
    const told = table.map((row, place) => ({ ...row, place })).filter((row) => row.texts);
    const { title, data, layout, said } = swept ? this.#curve(told, swept) : this.#scatter(told);
    this.#width = this.chart.element.clientWidth;
    setText(this.title, title);
    this.caption.say(said);
    this.chart.element.ariaLabel = `${title}. ${t("The table above has the figures.")}`;
    try {
      await this.chart.show(data, layout);
    } catch (error) {
      setText(this.notice, error.message);
    }
  }

  /** @param {Told[]} told */
  #scatter(told) {
    const diversity = told.every((row) => row.measures.across_2) ? "across_2" : "distinct_2";
    const x = told.map((row) => row.measures.logprob_nats.mean);
    const y = told.map((row) => row.measures[diversity]?.mean ?? null);
    const words = diversity === "across_2" ? t("distinct pairs across seeds") : t("distinct pairs in a text");
    const trace = {
      type: "scatter",
      mode: "markers",
      x,
      y,
      error_x: bars(told, "logprob_nats"),
      error_y: bars(told, diversity),
      text: told.map((row, place) => [nameOf(row), t("{nats} nats per token", { nats: logitText(x[place]) }), y[place] === null ? "" : percent(y[place])].map(plain).join("<br>")),
      hoverinfo: "text",
      marker: { size: 10, color: "--pg-now" },
    };
    const letter = parseFloat(getComputedStyle(this.chart.element).fontSize);
    const [xRange, yRange] = [rangeOf(told, "logprob_nats", 0.1), rangeOf(told, diversity, 0.02)];
    return {
      title: t("Diversity against likelihood (± standard error)"),
      said: scatterCaptionOf(told, diversity),
      data: [trace],
      layout: {
        xaxis: { title: { text: t("mean log-prob. (nats per token) →") }, zeroline: false, automargin: false, range: xRange },
        yaxis: { title: { text: words }, tickformat: ".0%", zeroline: false, automargin: false, range: yRange, tickvals: sharesIn(yRange) },
        annotations: this.#names(told, { diversity, x, y, xRange, yRange, letter }),
        showlegend: false,
        margin: marginOf(letter),
      },
    };
  }

  /** Names the points, each name where it can be read. */
  #names(told, { diversity, x, y, xRange, yRange, letter }) {
    const { clientWidth, clientHeight } = this.chart.element;
    const { t: top, r, b, l } = marginOf(letter);
    const plot = { width: clientWidth - l - r, height: clientHeight - top - b };
    const known = told.map((row, place) => ({ row, x: x[place], y: y[place] })).filter((point) => point.y !== null);
    const points = known.map((point) => ({
      x: plot.width * shareOf(point.x, xRange),
      y: plot.height * (1 - shareOf(point.y, yRange)),
    }));
    const sizes = known.map(({ row }) => ({ width: 0.6 * letter * nameOf(row).length, height: 1.3 * letter }));
    const barOf = ({ row }, name, [low, high], length) => (2 * (row.measures[name].error ?? 0) * length) / (high - low);
    const lines = known.flatMap((point, place) => [
      { ...points[place], width: barOf(point, "logprob_nats", xRange, plot.width), height: BAR },
      { ...points[place], width: BAR, height: barOf(point, diversity, yRange, plot.height) },
    ]);
    const places = labelPlaces(points, sizes, plot, lines);
    return known.map((point, place) => ({
      x: point.x,
      y: point.y,
      ax: places[place].x,
      ay: places[place].y,
      text: plain(nameOf(point.row)),
      borderpad: 0,
      arrowhead: 0,
      arrowwidth: 1,
      arrowcolor: "--pg-raw",
      standoff: 6,
    }));
  }

  /** @param {Told[]} told @param {string} swept  the setting along which the curve goes */
  #curve(told, swept) {
    const name = this.measure.value;
    const points = told.filter((row) => row.measures[name]).sort((a, b) => a.settings[swept] - b.settings[swept]);
    const x = points.map((row) => row.settings[swept]);
    const isLog = name === "perplexity"; // from 4 to thousands; it is never below 1
    const least = isLog ? 1 : -Infinity;
    const at = (sign) =>
      points.map(({ measures }) => Math.max(least, measures[name].mean + sign * (measures[name].error ?? 0)));
    const line = { type: "scatter", x, hoverinfo: "skip", line: { width: 0, color: "--pg-now" }, mode: "lines" };
    const data = [
      { ...line, y: at(-1) },
      { ...line, y: at(1), fill: "tonexty", fillcolor: "rgba(80, 140, 200, 0.25)" },
      {
        ...line,
        y: at(0),
        mode: "lines+markers",
        line: { width: 2, color: "--pg-now" },
        hoverinfo: "text",
        text: points.map((row) => `${labelOf(swept)} ${count(row.settings[swept])}: ${estimate(name, row.measures[name])}`),
      },
    ];
    const title = t("{measure} along {setting} (band: ± standard error)", { measure: this.#measures[name].label, setting: labelOf(swept) });
    const axis = { zeroline: false };
    const layout = {
      xaxis: { ...axis, title: { text: labelOf(swept) } },
      yaxis: { ...axis, title: { text: this.#measures[name].label }, ...(isLog ? logarithmic([...at(-1), ...at(1)]) : {}) },
      showlegend: false,
      margin: { t: 8, r: 24, b: 48, l: 64 },
    };
    const estimates = points.map((row) => ({ value: row.settings[swept], found: row.measures[name] }));
    const said = curveCaptionOf(name, this.#measures[name].label, labelOf(swept), estimates);
    return { title, data, layout, said };
  }
}

const bars = (told, name) => ({
  type: "data",
  array: told.map((row) => row.measures[name]?.error ?? 0),
  color: "--pg-raw",
  thickness: 1,
});

/** @param {Told} row */
const nameOf = (row) => `${row.place + 1} ${row.name}`;

/**
 * Returns a logarithmic axis with whole numbers at its ticks: powers of ten, or 1, 2 and 5 times each if there are few.
 */
function logarithmic(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)].map(Math.log10);
  const steps = high - low > 2 ? [1] : [1, 2, 5];
  const decades = Array.from({ length: Math.ceil(high) + 1 }, (_, power) => 10 ** power);
  const tickvals = decades.flatMap((decade) => steps.map((step) => step * decade));
  return { type: "log", tickvals, ticktext: tickvals.map(count) };
}

/**
 * Returns the range of an axis: all means with their errors, and some air. A range that is smaller than `least` would
 * make much of nothing.
 *
 * @returns {[low: number, high: number]}
 */
function rangeOf(told, name, least) {
  const known = told.map((row) => row.measures[name]).filter(Boolean);
  const ends = known.flatMap(({ mean, error }) => [mean - (error ?? 0), mean + (error ?? 0)]);
  const [low, high] = known.length ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
  const air = Math.max(0.15 * (high - low), least);
  return [low - air, high + air];
}

const shareOf = (value, [low, high]) => (value - low) / (high - low);

/** Returns a few shares for the ticks of an axis. The air above 100 % has none. */
function sharesIn([low, high]) {
  const step = [0.01, 0.02, 0.05, 0.1].find((one) => (high - low) / one <= 6) ?? 0.2;
  const first = Math.ceil(Math.max(0, low) / step);
  const ticks = Array.from({ length: 8 }, (_, place) => (first + place) * step);
  return ticks.filter((share) => share <= Math.min(1, high) + 1e-9);
}
