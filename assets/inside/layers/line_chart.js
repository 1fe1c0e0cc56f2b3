/**
 * Draws lines over the layers, in SVG: one line for each series, with its name at the right end. Knows numbers and words,
 * not what they mean.
 *
 * @typedef {object} Series
 * @property {string} name
 * @property {number[]} values  one for each layer
 *
 * @typedef {object} Axis  the vertical one
 * @property {string} name  with its unit
 * @property {(value: number) => number} place  0 at the top, 1 at the bottom
 * @property {[number, string][]} ticks  values and what stands there
 */

import { make } from "../../common/dom.js";
import { brief, count, t } from "../../common/language.js";
import { draw } from "../../common/svg.js";
import { onResize } from "../../common/resize.js";

const HEIGHT = 16.5; // all lengths in the element's font size
const FRAME = { left: 5.8, right: 7.5, top: 1, bottom: 3.7 };
const NAME = 1.15; // the least distance between two names
const LETTERS = 11;

export class LineChart {
  #shown = null; // {series, axis, layer}
  #onLayer;

  /**
   * @param {string} label  for screen readers
   * @param {(layer: number) => void} onLayer  called with the layer at which the reader clicks
   */
  constructor(label, onLayer) {
    this.#onLayer = onLayer;
    this.element = make("div", "pg-depth-lines");
    this.element.role = "img";
    this.element.ariaLabel = label;
    this.element.addEventListener("click", (event) => this.#onClick(event));
    onResize(this.element, () => this.#draw());
  }

  /** @param {Series[]} series @param {Axis} axis @param {number} layer  the chosen one */
  show(series, axis, layer) {
    this.#shown = { series, axis, layer };
    this.#draw();
  }

  /** Takes the lines away. */
  clear() {
    this.#shown = null;
    this.element.replaceChildren();
  }

  #draw() {
    if (!this.#shown || !this.element.clientWidth) return;
    const { series, axis, layer } = this.#shown;
    const em = parseFloat(getComputedStyle(this.element).fontSize);
    const [width, height] = [this.element.clientWidth, HEIGHT * em];
    const [left, right, top, bottom] = [FRAME.left * em, width - FRAME.right * em, FRAME.top * em, height - FRAME.bottom * em];
    const last = series[0].values.length - 1;
    const x = (number) => left + ((right - left) * number) / Math.max(1, last);
    const y = (value) => top + (bottom - top) * Math.min(1, Math.max(0, axis.place(value)));
    this.frame = { left, right, last };
    const grid = axis.ticks.flatMap(([value, words]) => [
      draw("line", "pg-depth-lines-grid", { x1: left, x2: right, y1: y(value), y2: y(value) }),
      draw("text", "pg-depth-lines-tick", { x: left - 0.4 * em, y: y(value), "text-anchor": "end", "dominant-baseline": "central" }, words),
    ]);
    const step = Math.max(1, Math.ceil((2 * em * last) / (right - left)));
    const numbers = Array.from({ length: last + 1 }, (_, number) => number).filter((number) => number % step === 0);
    const layers = numbers.map((number) => draw("text", "pg-depth-lines-tick", { x: x(number), y: bottom + 1.8 * em, "text-anchor": "middle" }, String(number)));
    const names = [
      draw("text", "pg-depth-lines-axis", { x: (left + right) / 2, y: height - 0.4 * em, "text-anchor": "middle" }, t("layers that have run")),
      draw("text", "pg-depth-lines-axis", { x: em, y: (top + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 ${em} ${(top + bottom) / 2})` }, axis.name),
    ];
    const chosen = draw("line", "pg-depth-lines-chosen", { x1: x(layer), x2: x(layer), y1: top, y2: bottom });
    const paths = series.map(({ values }, number) =>
      draw("polyline", `pg-depth-lines-line pg-series-${number}`, { points: values.map((value, at) => `${x(at)},${y(value)}`).join(" ") }),
    );
    const places = spread(series.map(({ values }) => y(values.at(-1))), NAME * em, height - 0.6 * em);
    const ends = series.map(({ name }, number) =>
      draw("text", `pg-depth-lines-name pg-series-${number}`, { x: right + 0.5 * em, y: places[number], "dominant-baseline": "central" }, draw("title", "", {}, name), short(name)),
    );
    const svg = draw("svg", "pg-depth-lines-svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    svg.append(...grid, ...layers, ...names, chosen, ...paths.reverse(), ...ends);
    this.element.replaceChildren(svg);
  }

  #onClick({ clientX }) {
    if (!this.#shown) return;
    const { left, right, last } = this.frame;
    const share = (clientX - this.element.getBoundingClientRect().left - left) / (right - left);
    this.#onLayer(Math.round(last * Math.min(1, Math.max(0, share))));
  }
}

/**
 * Moves heights apart that are too near to each other, and keeps their order.
 *
 * @param {number[]} heights @param {number} least  the distance that two have at least @param {number} end  the largest height
 * @returns {number[]}
 */
export function spread(heights, least, end) {
  const order = heights.map((_, place) => place).sort((a, b) => heights[a] - heights[b]);
  const found = [...heights];
  order.forEach((place, number) => {
    if (number) found[place] = Math.max(found[place], found[order[number - 1]] + least);
  });
  let limit = end;
  for (const place of order.reverse()) {
    found[place] = Math.min(found[place], limit);
    limit = found[place] - least;
  }
  return found;
}

/** @param {number} highest  the largest rank @returns {Axis} for ranks: logarithmic, 1 on top */
export function rankAxis(highest) {
  const decades = Math.max(1, Math.ceil(Math.log10(highest) - 1e-9));
  const powers = Array.from({ length: decades + 1 }, (_, power) => 10 ** power);
  return {
    name: t("rank (logarithmic)"),
    place: (rank) => Math.log10(rank) / decades,
    ticks: powers.map((power) => [power, count(power)]),
  };
}

/** @param {number} highest @param {string} name @returns {Axis} from 0 at the bottom, linear */
export function lengthAxis(highest, name) {
  const power = 10 ** Math.floor(Math.log10(highest || 1));
  const step = [0.2, 0.5, 1, 2].map((part) => part * power).find((one) => highest / one <= 5) ?? 5 * power;
  const steps = Math.max(1, Math.ceil(highest / step - 1e-9));
  const ticks = Array.from({ length: steps + 1 }, (_, number) => number * step);
  return {
    name,
    place: (value) => 1 - value / (steps * step),
    ticks: ticks.map((value) => [value, brief(value, 3)]),
  };
}

function short(text) {
  const all = Array.from(text);
  return all.length > LETTERS ? `${all.slice(0, LETTERS - 1).join("")}…` : text;
}
