/**
 * Draws accuracy and label share against the number of shots, with 95 % intervals and one line for each run. Lines of
 * several runs stand a little beside each other, so that none covers another. Draws what it is given.
 */

import { accuracyCaptionOf } from "./accuracy_caption.js";
import { Caption } from "../common/caption.js";
import { Chart, plain } from "../common/plotly.js";
import { make } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { onResize } from "../common/resize.js";
import { percent } from "../common/words.js";

const COLOURS = ["--pg-class-0", "--pg-class-1", "--pg-class-2", "--pg-class-3", "--pg-class-4", "--pg-class-5"];
const NARROW = 480; // pixels; in a narrower element one plot stands above the other
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "x"];
const APART = 0.07; // examples, between two lines
const WIDEST = 0.5; // examples, between the first line and the last
const LETTER = 8; // pixels, of a name in the legend
const SIGN = 60; // pixels, of what stands before a name there

export class AccuracyChart {
  title = t("Accuracy and label share against the number of examples, with 95 % intervals");
  /** @type {import("./result_tables.js").Result[]} */
  #results = [];
  #width = 0; // of the latest drawing, in pixels

  constructor() {
    this.chart = new Chart(this.title);
    this.caption = new Caption();
    this.caption.describe(this.chart.element);
    this.element = make("figure", "pg-prompts-accuracy", make("figcaption", "", this.title), this.chart.element, this.caption.element);
    onResize(this.element, () => this.#results.length && this.element.clientWidth !== this.#width && this.show(this.#results));
  }

  /** @param {import("./result_tables.js").Result[]} results */
  async show(results) {
    this.#results = results;
    this.caption.say(accuracyCaptionOf(results));
    const apart = Math.min(APART, WIDEST / results.length);
    const width = this.element.clientWidth;
    this.#width = width;
    const traces = results.flatMap((result, place) => {
      const shots = result.shots.filter(({ items }) => items > 0);
      const look = { ...lookOf(place), name: fitting(result.name, width), aside: apart * (place - (results.length - 1) / 2) };
      return [
        line(look, shots, (one) => [one.low, one.accuracy, one.high], "", "solid"),
        line(look, shots, (one) => [one.share_low, one.share, one.share_high], "2", "dot"),
      ];
    });
    const isNarrow = width < NARROW;
    this.element.classList.toggle("pg-prompts-narrow", isNarrow);
    this.element.style.setProperty("--pg-rows", String(legendRows(results.map(({ name }) => name), width)));
    const axis = { range: [-0.02, 1.02], tickformat: ".0%" };
    const title = (text) => ({ text, font: { size: 14 } });
    const shots = { title: title(t("examples in the prompt")), dtick: 1 };
    await this.chart.show(traces, {
      grid: { ...(isNarrow ? { rows: 2, columns: 1 } : { rows: 1, columns: 2 }), pattern: "independent" },
      xaxis: shots,
      xaxis2: shots,
      yaxis: { ...axis, title: title(t("accuracy")) },
      yaxis2: { ...axis, title: title(t("label share")) },
      hoverlabel: { namelength: -1 },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
      margin: { t: 40, r: 16, b: 48, l: 56 },
    });
  }
}

/** @param {number} place  of the line @returns {{colour: string, symbol: string}} no two of 36 lines look the same */
export function lookOf(place) {
  const again = Math.floor(place / COLOURS.length);
  return { colour: COLOURS[place % COLOURS.length], symbol: SYMBOLS[(place + again) % SYMBOLS.length] };
}

/** @param {string} name @param {number} width  of the chart, in pixels @returns {string} the name, cut at its end if need be */
export function fitting(name, width) {
  const room = Math.max(1, Math.floor((width - SIGN) / LETTER));
  return name.length > room ? `${name.slice(0, room - 1)}…` : name;
}

/** @param {string[]} names @param {number} width  of the chart, in pixels @returns {number} about how many rows they take */
export function legendRows(names, width) {
  const widest = SIGN + LETTER * Math.max(...names.map((name) => name.length));
  return Math.ceil(names.length / Math.max(1, Math.floor(width / widest)));
}

function line({ name, colour, symbol, aside }, shots, numbers, axis, dash) {
  const values = shots.map(numbers);
  return {
    type: "scatter",
    mode: "lines+markers",
    name: plain(name),
    showlegend: axis === "",
    x: shots.map((one) => one.shots + aside),
    y: values.map(([, middle]) => middle),
    text: shots.map((one, place) => tn("{n} shot: {share}", "{n} shots: {share}", one.shots, { share: percent(values[place][1]) })),
    hoverinfo: "text+name",
    xaxis: `x${axis}`,
    yaxis: `y${axis}`,
    line: { color: colour, dash },
    marker: { color: colour, symbol, size: 8 },
    error_y: {
      type: "data",
      symmetric: false,
      array: values.map(([, middle, high]) => high - middle),
      arrayminus: values.map(([low, middle]) => middle - low),
      color: colour,
      thickness: 1,
    },
  };
}
