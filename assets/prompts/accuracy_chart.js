/**
 * Draws accuracy and label share against the number of shots, with 95 % intervals and one line for each run. Draws what
 * it is given.
 */

import { Chart } from "../common/plotly.js";
import { make } from "../common/dom.js";

const COLOURS = ["--pg-class-0", "--pg-class-1", "--pg-class-2", "--pg-class-3", "--pg-class-4", "--pg-class-5"];
const NARROW = 480; // pixels; in a narrower element one plot stands above the other
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "x"];

export class AccuracyChart {
  title = "Accuracy and label share against the number of examples, with 95 % intervals";

  constructor() {
    this.chart = new Chart(this.title);
    this.element = make("figure", "pg-prompts-accuracy", make("figcaption", "", this.title), this.chart.element);
  }

  /** @param {import("./result_tables.js").Result[]} results */
  async show(results) {
    const traces = results.flatMap((result, place) => {
      const shots = result.shots.filter(({ items }) => items > 0);
      return [
        line(result.name, place, shots, (one) => [one.low, one.accuracy, one.high], "", "solid"),
        line(result.name, place, shots, (one) => [one.share_low, one.share, one.share_high], "2", "dot"),
      ];
    });
    const isNarrow = this.element.clientWidth < NARROW;
    this.element.classList.toggle("pg-prompts-narrow", isNarrow);
    const axis = { range: [-0.02, 1.02], tickformat: ".0%" };
    const title = (text) => ({ text, font: { size: 14 } });
    const shots = { title: title("examples in the prompt"), dtick: 1 };
    await this.chart.show(traces, {
      grid: { ...(isNarrow ? { rows: 2, columns: 1 } : { rows: 1, columns: 2 }), pattern: "independent" },
      xaxis: shots,
      xaxis2: shots,
      yaxis: { ...axis, title: title("accuracy") },
      yaxis2: { ...axis, title: title("label share") },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
      margin: { t: 40, r: 16, b: 48, l: 56 },
    });
  }
}

function line(name, place, shots, numbers, axis, dash) {
  const values = shots.map(numbers);
  const colour = COLOURS[place % COLOURS.length];
  return {
    type: "scatter",
    mode: "lines+markers",
    name,
    showlegend: axis === "",
    x: shots.map((one) => one.shots),
    y: values.map(([, middle]) => middle),
    xaxis: `x${axis}`,
    yaxis: `y${axis}`,
    line: { color: colour, dash },
    marker: { color: colour, symbol: SYMBOLS[place % SYMBOLS.length], size: 8 },
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
