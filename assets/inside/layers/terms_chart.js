/**
 * Draws the terms of a logit as bars, in SVG: the embedding with the biases, then for each layer what its parts wrote, and over them the running total. The arrow keys move from bar to bar, Enter opens a layer's heads.
 */

import { CellGrid } from "../../attention/cell_grid.js";
import { make } from "../../common/dom.js";
import { brief, t } from "../../common/language.js";
import { draw } from "../../common/svg.js";
import { COLOURS, nameOf, roundTicks, signed, totals, writersOf } from "./sums.js";
import { onResize } from "../../common/resize.js";

const HEIGHT = 20.5; // all lengths in the element's font size
const FRAME = { left: 4.2, right: 1, top: 1.2, bottom: 3.9 };

export class TermsChart {
  #shown = null; // {terms, block}
  #onBlock;
  #onPoint;

  /**
   * @param {(block: number | null) => void} onBlock  called when the reader chooses a layer's bars
   * @param {(term: import("./sums.js").Term | null) => void} onPoint  called with the term under the pointer, or at the keyboard
   */
  constructor(onBlock, onPoint) {
    this.#onBlock = onBlock;
    this.#onPoint = onPoint;
    this.grid = new CellGrid(t("Terms of the logit: a row for each part of a layer, attention first and feed-forward last; Enter opens a layer’s heads"), {
      words: (row, column) => this.#words(row, column),
      onMove: (row, column) => this.#onPoint(this.#termAt(row, column)),
      onOpen: (_row, column) => this.#open(column),
    });
    this.picture = make("div", "pg-logit-terms-picture");
    this.area = make("div", "pg-logit-terms-area", this.grid.element);
    this.area.addEventListener("pointermove", (event) => this.#onPoint(this.#termAt(...this.#cellAt(event))));
    this.area.addEventListener("pointerleave", () => this.#onPoint(null));
    this.area.addEventListener("click", (event) => this.#onClick(event));
    this.element = make("div", "pg-logit-terms", this.picture, this.area);
    onResize(this.element, () => this.#draw());
  }

  /** @param {import("./reader.js").Terms} terms @param {number | null} block  whose heads are shown */
  show(terms, block) {
    this.#shown = { terms, block };
    this.grid.show({ rows: writersOf(terms).length, columns: terms.attention.length + 1 });
    this.#draw();
  }

  #draw() {
    if (!this.#shown || !this.element.clientWidth) return;
    const { terms, block } = this.#shown;
    const em = parseFloat(getComputedStyle(this.element).fontSize);
    const [width, height] = [this.element.clientWidth, HEIGHT * em];
    const [left, right, top, bottom] = [FRAME.left * em, width - FRAME.right * em, FRAME.top * em, height - FRAME.bottom * em];
    const blocks = terms.attention.length;
    const sums = totals(terms);
    const all = [0, terms.logit, terms.embedding, terms.bias, ...writersOf(terms).flatMap((kind) => terms[kind]), ...sums];
    const ticks = roundTicks(Math.min(...all), Math.max(...all));
    const [low, high] = [ticks[0], ticks.at(-1)];
    const step = (right - left) / (blocks + 1);
    const x = (place) => left + step * place;
    const y = (value) => bottom - ((bottom - top) * (value - low)) / (high - low || 1);
    const bar = (place, part, of, value, kind) => {
      const attributes = { x: x(place) + step * (0.08 + (part * 0.88) / of), width: (step * 0.8) / of, y: Math.min(y(0), y(value)), height: Math.abs(y(value) - y(0)) };
      return draw("rect", `pg-logit-terms-bar pg-logit-terms-${kind}`, attributes);
    };
    const grid = ticks.flatMap((value) => [
      draw("line", value === 0 ? "pg-logit-terms-zero" : "pg-depth-lines-grid", { x1: left, x2: right, y1: y(value), y2: y(value) }),
      draw("text", "pg-depth-lines-tick", { x: left - 0.4 * em, y: y(value), "text-anchor": "end", "dominant-baseline": "central" }, brief(value, 6).replace("-", "−")),
    ]);
    const every = Math.max(1, Math.ceil((2 * em) / step));
    const numbers = Array.from({ length: blocks }, (_, number) => number).filter((number) => number % every === 0);
    const label = (place, words, className = "") => draw("text", `pg-depth-lines-tick ${className}`, { x: x(place) + step / 2, y: bottom + 1.8 * em, "text-anchor": "middle" }, words);
    const layers = numbers.map((number) => label(number + 1, String(number), number === block ? "pg-logit-terms-chosen" : ""));
    const start = draw("text", "pg-depth-lines-tick", { x: x(0) + step / 2, y: bottom + 1.8 * em, "text-anchor": "end" }, t("emb."));
    const names = [
      draw("text", "pg-depth-lines-axis", { x: (left + right) / 2, y: height - 0.4 * em, "text-anchor": "middle" }, t("layer (emb.: embedding)")),
      draw("text", "pg-depth-lines-axis", { x: em, y: (top + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 ${em} ${(top + bottom) / 2})` }, t("part of the logit")),
    ];
    const chosen = block === null ? [] : [draw("rect", "pg-logit-terms-block", { x: x(block + 1), width: step, y: top, height: bottom - top })];
    const bars = [bar(0, 0, 2, terms.embedding, "embedding"), bar(0, 1, 2, terms.bias, "bias")];
    for (let number = 0; number < blocks; number++) {
      const kinds = writersOf(terms);
      bars.push(...kinds.map((kind, part) => bar(number + 1, part, kinds.length, terms[kind][number], COLOURS[kind])));
    }
    const points = sums.map((value, place) => `${x(place + 1)},${y(value)}`).join(" ");
    const end = draw("circle", "pg-logit-terms-end", { cx: x(blocks + 1), cy: y(sums.at(-1)), r: 4 });
    const svg = draw("svg", "pg-depth-lines-svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    svg.append(...chosen, ...grid, ...bars, draw("polyline", "pg-logit-terms-total", { points }), end, ...layers, start, ...names);
    this.picture.replaceChildren(svg);
    Object.assign(this.area.style, { left: `${left}px`, width: `${right - left}px`, top: `${top}px`, height: `${bottom - top}px` });
  }

  /** @returns {import("./sums.js").Term} */
  #termAt(row, column) {
    const { terms } = this.#shown;
    if (column === 0) return row ? { kind: "bias", block: null, value: terms.bias } : { kind: "embedding", block: null, value: terms.embedding };
    const kind = writersOf(terms)[row];
    return { kind, block: column - 1, value: terms[kind][column - 1] };
  }

  #words(row, column) {
    const term = this.#termAt(row, column);
    return t("{part}: {value}; total so far {total}", { part: nameOf(term), value: signed(term.value), total: signed(totals(this.#shown.terms)[column]) });
  }

  /** The parts of a layer stand side by side in its column. The embedding and the biases share the first one. */
  #cellAt({ clientX }) {
    const { left, width } = this.area.getBoundingClientRect();
    const columns = this.#shown.terms.attention.length + 1;
    const place = Math.min(columns - 0.001, Math.max(0, ((clientX - left) / width) * columns));
    const parts = place < 1 ? 2 : writersOf(this.#shown.terms).length;
    return [Math.floor((place % 1) * parts), Math.floor(place)];
  }

  #onClick(event) {
    const [row, column] = this.#cellAt(event);
    this.grid.moveTo(row, column);
    this.grid.focus();
    this.#open(column);
  }

  #open(column) {
    if (column > 0) this.#onBlock(column - 1 === this.#shown.block ? null : column - 1);
  }
}
