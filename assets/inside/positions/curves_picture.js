/** Draws curves over the distance between two tokens, in SVG. Knows numbers and words, not what they mean. */

import { make, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { draw } from "../../common/svg.js";
import { onResize } from "../../common/resize.js";

const SIZE = { height: 17.9, left: 4.5, right: 0.9, top: 0.8, bottom: 3.2, gap: 0.4 }; // in the height of a letter

export class CurvesPicture {
  /** @type {import("./ways.js").Curves | null} */
  #curves = null;

  constructor() {
    this.title = make("div", "pg-bars-title");
    this.plot = make("div", "pg-curves");
    this.plot.role = "img";
    this.keys = make("div", "pg-curves-keys");
    this.element = make("figure", "pg-positions-figure", this.title, this.plot, this.keys);
    onResize(this.plot, () => this.#draw());
  }

  /** @param {import("./ways.js").Curves | null} curves */
  show(curves) {
    this.#curves = curves;
    this.element.hidden = !curves;
    if (!curves) return;
    setText(this.title, curves.title);
    this.plot.ariaLabel = t("{title}, over the distance in tokens. The numbers are in the table below.", { title: curves.title });
    this.keys.replaceChildren(...curves.series.map(({ name }, place) => make("span", `pg-curves-key pg-curve-${place}`, name)));
    this.#draw();
  }

  #draw() {
    const width = this.plot.clientWidth;
    if (!this.#curves || !width) return;
    const { series, axis, isSigned } = this.#curves;
    const last = series[0].values.length - 1;
    const low = isSigned ? Math.min(-0.25, Math.floor(4 * Math.min(...series.flatMap(({ values }) => values))) / 4) : 0;
    const em = parseFloat(getComputedStyle(this.plot).fontSize);
    const [height, left, top, gap] = [SIZE.height * em, SIZE.left * em, SIZE.top * em, SIZE.gap * em];
    const [right, bottom] = [width - SIZE.right * em, height - SIZE.bottom * em];
    const x = (distance) => left + ((right - left) * distance) / last;
    const y = (value) => bottom - ((bottom - top) * (value - low)) / (1 - low);
    const heights = [low, 0, 0.25, 0.5, 0.75, 1].filter((value, place, all) => all.indexOf(value) === place);
    const grid = heights.flatMap((value) => [
      draw("line", value === 0 ? "pg-curves-zero" : "pg-curves-grid", { x1: left, x2: right, y1: y(value), y2: y(value) }),
      draw("text", "pg-curves-tick", { x: left - gap, y: y(value) + gap, "text-anchor": "end" }, String(value).replace("-", "−")),
    ]);
    const distances = [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * last));
    const ticks = distances.map((distance) => draw("text", "pg-curves-tick", { x: x(distance), y: bottom + 1.3 * em, "text-anchor": distance === last ? "end" : "middle" }, String(distance)));
    const middle = (top + bottom) / 2;
    const names = [
      draw("text", "pg-curves-tick", { x: (left + right) / 2, y: height - gap, "text-anchor": "middle" }, t("distance in tokens")),
      draw("text", "pg-curves-tick", { x: em, y: middle, "text-anchor": "middle", transform: `rotate(-90 ${em} ${middle})` }, axis),
    ];
    const lines = series.map(({ values }, place) => draw("polyline", `pg-curves-line pg-curve-${place}`, { points: values.map((value, distance) => `${x(distance)},${y(value)}`).join(" ") }));
    this.plot.replaceChildren(draw("svg", "", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...grid, ...ticks, ...names, ...lines));
  }
}
