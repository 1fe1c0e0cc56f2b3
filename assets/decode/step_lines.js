/**
 * Draws surprisal and entropy over the steps as two lines, in SVG. Knows numbers and words, not what they mean.
 *
 * @typedef {object} Point  a step
 * @property {number} index
 * @property {number} x  its place on the axis
 * @property {number} surprisal  bits
 * @property {number} entropy  bits
 * @property {string} said  what is said of it
 *
 * @typedef {object} Shown
 * @property {Point[]} points  in their order
 * @property {number | null} selected  the place of the step in view
 * @property {boolean} isMixed  whether the points up to 0 are a prompt, and others follow
 * @property {string} name  of the axis
 */

import { make, setText } from "../common/dom.js";
import { brief, count, t } from "../common/language.js";
import { onResize } from "../common/resize.js";
import { draw } from "../common/svg.js";

const HEIGHT = 130; // px, as all lengths
const FRAME = { left: 44, right: 8, top: 16, bottom: 34 };
const TICKS = 12;
const [TICK, NAME] = [15, 30]; // how far below the axis its numbers and its name stand
const DIAMOND = "M0 -3.5 L3.5 0 L0 3.5 L-3.5 0 Z";
const POINT = t("Point at a step to read it, click to see it.");

export class StepLines {
  /** @type {Shown | null} */
  #shown = null;
  #onSelect;
  /** @type {(at: number) => number} the horizontal place of a place on the axis */
  #x = () => 0;

  /** @param {string} label  for screen readers @param {(index: number) => void} onSelect  called with the step that the reader clicks */
  constructor(label, onSelect) {
    this.#onSelect = onSelect;
    this.plot = make("div", "pg-step-lines-plot");
    this.plot.role = "img";
    this.plot.ariaLabel = label;
    this.said = make("p", "pg-step-lines-said", POINT);
    const key = (kind, words) => make("span", `pg-step-lines-key pg-step-lines-key-${kind}`, words);
    const legend = make("p", "pg-step-lines-legend", key("surprisal", t("surprisal")), key("entropy", t("entropy")));
    this.element = make("div", "pg-step-lines", legend, this.plot, this.said);
    this.plot.addEventListener("pointermove", (event) => this.#point(this.#nearest(event)));
    this.plot.addEventListener("pointerleave", () => this.#point(null));
    this.plot.addEventListener("click", (event) => this.#select(this.#nearest(event)));
    onResize(this.plot, () => this.#draw());
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    this.#draw();
  }

  #draw() {
    const width = this.plot.clientWidth;
    if (!this.#shown?.points.length || !width) return;
    const { points, selected, isMixed, name } = this.#shown;
    const [left, right, top, bottom] = [FRAME.left, width - FRAME.right, FRAME.top, HEIGHT - FRAME.bottom];
    const [start, end] = [points[0].x - 0.5, points.at(-1).x + 0.5];
    const x = (at) => left + ((right - left) * (at - start)) / (end - start);
    const bits = bitTicks(Math.max(...points.flatMap(({ surprisal, entropy }) => [surprisal, entropy])));
    const y = (value) => bottom - ((bottom - top) * value) / bits.at(-1);
    this.#x = x;
    const grid = bits.flatMap((value) => [
      draw("line", "pg-step-lines-grid", { x1: left, x2: right, y1: y(value), y2: y(value) }),
      draw("text", "pg-step-lines-bits", { x: left - 6, y: y(value), "text-anchor": "end", "dominant-baseline": "central" }, brief(value, 3)),
    ]);
    const numbers = stepTicks(Math.max(Math.ceil(start), 1), Math.floor(end)).map((at) =>
      draw("text", "pg-step-lines-step", { x: x(at), y: bottom + TICK, "text-anchor": "middle" }, count(at)),
    );
    const middle = (top + bottom) / 2;
    const names = [
      draw("text", "pg-step-lines-x", { x: (left + right) / 2, y: bottom + NAME, "text-anchor": "middle" }, name),
      draw("text", "pg-step-lines-y", { x: 10, y: middle, "text-anchor": "middle", transform: `rotate(-90 10 ${middle})` }, t("bits")),
    ];
    const prompt = isMixed
      ? [
          draw("rect", "pg-step-lines-prompt", { x: left, y: top, width: x(0.5) - left, height: bottom - top }),
          draw("text", "pg-step-lines-prompt-name", { x: left, y: top - 4 }, t("prompt")),
        ]
      : [];
    const now = selected === null ? [] : [draw("line", "pg-step-lines-now", { x1: x(selected), x2: x(selected), y1: top, y2: bottom })];
    const line = (kind) => draw("polyline", `pg-step-lines-line pg-step-lines-${kind}`, { points: points.map((one) => `${x(one.x)},${y(one[kind])}`).join(" ") });
    const marks = points.map((one) => draw("path", "pg-step-lines-mark", { d: DIAMOND, transform: `translate(${x(one.x)} ${y(one.surprisal)})` }));
    const svg = draw("svg", "", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
    svg.append(...prompt, ...grid, ...numbers, ...names, line("entropy"), line("surprisal"), ...marks, ...now);
    this.plot.replaceChildren(svg);
  }

  /** @param {MouseEvent} event @returns {Point | null} the step that is nearest to the pointer */
  #nearest({ clientX }) {
    const at = clientX - this.plot.getBoundingClientRect().left;
    const far = (one) => Math.abs(this.#x(one.x) - at);
    return (this.#shown?.points ?? []).reduce((best, one) => (best === null || far(one) < far(best) ? one : best), /** @type {Point | null} */ (null));
  }

  /** @param {Point | null} point */
  #point(point) {
    setText(this.said, point?.said ?? POINT);
  }

  /** @param {Point | null} point */
  #select(point) {
    if (point) this.#onSelect(point.index);
  }
}

/** Returns round numbers from 0, the last of which is not below `highest`: four steps at most. */
function bitTicks(highest) {
  const power = 10 ** Math.floor(Math.log10(Math.max(highest, 0.1)));
  const apart = [0.25, 0.5, 1, 2.5].map((part) => part * power).find((one) => highest <= 4 * one) ?? 5 * power;
  return Array.from({ length: Math.max(1, Math.ceil(highest / apart - 1e-9)) + 1 }, (_, number) => number * apart);
}

/** Returns `start` and then round numbers up to `end`, about a dozen at most. */
function stepTicks(start, end) {
  const length = end - start + 1;
  const apart = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((apart) => length / apart <= TICKS) ?? 1000;
  const found = [start];
  for (let tick = (Math.floor(start / apart) + 1) * apart; tick <= end; tick += apart) found.push(tick);
  return found;
}
