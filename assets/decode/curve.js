/**
 * The curve: how much of the probability the first n candidates hold, unscaled and now, and where each cut falls.
 * A cut that has a place of its own on the curve can be dragged; its slider follows.
 */

import { moveSlider } from "../common/controls.js";
import { make, setText } from "../common/dom.js";
import { STAGES } from "../distribution/stages/all.js";
import { draw, set } from "../common/svg.js";
import { count, percent, plural, setting } from "../common/words.js";

const UNCUT = { greedy: "Greedy cuts nothing.", beam: "Beam search cuts nothing." };
const WIDTH = 336;
const HEIGHT = 196;
const LEFT = 44;
const RIGHT = WIDTH - 12;
const TOP = 8;
const BOTTOM = HEIGHT - 38;
const SAMPLES = 160; // points of a curve
const TABLE_RANKS = [1, 2, 5, 10, 20, 50, 100, 1000, 10_000];

/** Which cuts show where they lie even when they are off, to be dragged from there. */
const ALWAYS = ["top_k", "top_p"];

const CUTS = STAGES.filter(({ kind }) => kind === "cut");

export class Curve {
  #shape = null;
  #row = null;
  #ranks = []; // sampled, the same for every step of a model
  #uncut = ""; // what to say under a strategy without cuts

  constructor() {
    this.raw = draw("path", "pg-curve-raw");
    this.now = draw("path", "pg-curve-now");
    this.kept = draw("path", "pg-curve-kept");
    this.grid = draw("g", "pg-curve-grid");
    this.cuts = Object.fromEntries(CUTS.map((stage) => [stage.name, new Cut(stage)]));
    for (const cut of Object.values(this.cuts)) {
      cut.grip.addEventListener("pointerdown", (event) => this.#onDrag(cut, event));
    }
    const axis = draw("text", "pg-curve-axis", { x: (LEFT + RIGHT) / 2, y: HEIGHT - 4 }, "n, the rank (logarithmic)");
    this.svg = draw("svg", "pg-curve-plot", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
    this.svg.append(this.grid, axis, this.kept, this.raw, this.now);
    this.svg.append(...Object.values(this.cuts).map((cut) => cut.element));
    this.svg.addEventListener("pointermove", (event) => this.#read(event));
    this.svg.addEventListener("pointerleave", () => this.#readKept());
    this.reading = make("div", "pg-curve-reading");
    this.table = new RankTable();
    const legend = [["pg-key-line", "now"], ["pg-key-thin", "unscaled"], ["pg-key-kept", "kept"]];
    const title = make("div", "pg-chart-title", "Probability of the first n candidates");
    const keys = make("div", "pg-legend", ...legend.map(([key, text]) => make("span", `pg-key ${key}`, text)));
    this.element = make("figure", "pg-curve", title, keys, this.svg, this.reading, this.table.element);
    this.element.ariaLabel = "Cumulative probability by rank";
  }

  /**
   * @param {import("../distribution/row.js").Row} row
   * @param {import("../distribution/distribution.js").Distribution} shape  of that row
   * @param {import("../distribution/settings.js").Settings} settings
   */
  show(row, shape, settings) {
    this.#shape = shape;
    this.#uncut = UNCUT[settings.strategy] ?? "";
    if (this.#row !== row) this.#begin(row);
    const line = this.#ranks.map((n) => [this.#x(n), y(shape.share(n))]);
    this.now.setAttribute("d", pathOf(line));
    this.#drawKept();
    let slot = 0;
    for (const stage of shape.stages.filter(({ name }) => name in this.cuts)) {
      const cut = this.cuts[stage.name];
      const isShown = !this.#uncut && (!stage.off || ALWAYS.includes(stage.name));
      cut.element.toggleAttribute("hidden", !isShown);
      if (!isShown) continue;
      if (stage.name === "top_p") cut.lie(y(this.#levelOf(stage)), stage);
      else cut.stand(this.#placesOf(stage), slot++, stage);
    }
    this.#readKept();
    this.table.show(row, shape);
  }

  #begin(row) {
    this.#row = row;
    const size = row.order.length;
    if (this.#ranks.at(-1) !== size) {
      const ranks = Array.from({ length: SAMPLES }, (_, i) => Math.round(size ** (i / (SAMPLES - 1))));
      this.#ranks = [...new Set(ranks)];
      this.#drawGrid(size);
    }
    const line = this.#ranks.map((n) => [this.#x(n), y(row.cumulative[n] / row.totalWeight)]);
    this.raw.setAttribute("d", pathOf(line));
  }

  #drawGrid(size) {
    const parts = [];
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      parts.push(draw("line", "", { x1: LEFT, x2: RIGHT, y1: y(share), y2: y(share) }));
      parts.push(draw("text", "pg-curve-share", { x: LEFT - 6, y: y(share) + 4 }, `${100 * share} %`));
    }
    for (let n = 1; n <= size; n *= 10) {
      parts.push(draw("line", "", { x1: this.#x(n), x2: this.#x(n), y1: TOP, y2: BOTTOM }));
      parts.push(draw("text", "pg-curve-rank", { x: this.#x(n), y: BOTTOM + 16 }, n < 10_000 ? count(n) : `${n / 1000}k`));
    }
    this.grid.replaceChildren(...parts);
  }

  /** The area under the curve over the ranks that are kept. */
  #drawKept() {
    const { stretch: [first, last] } = this.#shape;
    const inside = this.#ranks.filter((n) => n > first && n < last);
    const ranks = [Math.max(1, first), ...inside, last];
    const line = ranks.map((n) => [this.#x(n), y(this.#shape.share(n))]);
    const [start, end] = [line[0][0], line.at(-1)[0]];
    this.kept.setAttribute("d", `${pathOf(line)} L${end} ${BOTTOM} L${start} ${BOTTOM} Z`);
  }

  /** How much of all probability top-p asks for: its share of what the stages before it left. */
  #levelOf({ entered: [first, last], value }) {
    const { cumulative } = this.#shape.curve;
    return (cumulative[first] + value * (cumulative[last] - cumulative[first])) / cumulative.at(-1);
  }

  /** @returns {number[]} where a cut's lines stand: at the last rank it kept, for typical-p also before the first */
  #placesOf(stage) {
    if (stage.name === "top_k") return [this.#x(stage.off ? this.#row.order.length : stage.value)];
    const edges = this.#shape.edges.filter(({ name }) => name === stage.name);
    const ranks = edges.map(({ position }) => position);
    return (ranks.length ? ranks : [stage.entered[1]]).map((n) => this.#x(Math.max(1, n)));
  }

  #onDrag(cut, event) {
    event.preventDefault();
    if (cut.valueAt === undefined) return;
    cut.grip.setPointerCapture(event.pointerId);
    const follow = new AbortController();
    const move = (moved) => {
      const { n, share } = this.#placeOf(moved);
      const { entered } = this.#shape.stages.find(({ name }) => name === cut.name);
      moveSlider(cut.name, cut.valueAt(this.#shape, entered, n, share));
    };
    cut.grip.addEventListener("pointermove", move, follow);
    for (const end of ["pointerup", "pointercancel"]) cut.grip.addEventListener(end, () => follow.abort(), follow);
  }

  /** The rank and the height of the curve under the pointer. */
  #placeOf({ clientX, clientY }) {
    const box = this.svg.getBoundingClientRect();
    const [left, top] = [((clientX - box.left) * WIDTH) / box.width, ((clientY - box.top) * HEIGHT) / box.height];
    const size = this.#row.order.length;
    const clamp = (number) => Math.max(0, Math.min(1, number));
    const n = Math.round(size ** clamp((left - LEFT) / (RIGHT - LEFT)));
    return { n, share: clamp((BOTTOM - top) / (BOTTOM - TOP)) };
  }

  #read(event) {
    if (!this.#shape) return;
    const { n } = this.#placeOf(event);
    const raw = percent(this.#row.cumulative[n] / this.#row.totalWeight);
    setText(this.reading, `the first ${plural(n, "token")}: ${percent(this.#shape.share(n))} now, ${raw} unscaled`);
  }

  #readKept() {
    if (!this.#shape) return;
    const { stretch: [first, last], kept } = this.#shape;
    const held = percent(this.#shape.share(last) - this.#shape.share(first));
    setText(this.reading, this.#uncut || `${plural(kept, "token")} kept, with ${held} of the probability`);
  }

  #x(n) {
    return LEFT + (RIGHT - LEFT) * (Math.log(n) / Math.log(this.#row.order.length));
  }
}

/** One cut: its lines, its name, and a wider grip to drag it by. */
class Cut {
  /** @param {import("../distribution/stages/all.js").Stage} stage */
  constructor({ name, valueAt }) {
    this.name = name;
    this.valueAt = valueAt;
    this.line = draw("path", "pg-curve-cut");
    this.grip = draw("path", "pg-curve-grip", { "data-cut": name });
    this.text = draw("text", "pg-curve-name");
    this.element = draw("g", "", {}, this.line, this.text, this.grip);
    this.element.classList.toggle("pg-curve-drag", this.valueAt !== undefined);
  }

  /** Upright lines; `slot` keeps the names of several from covering each other. */
  stand(places, slot, { value, off }) {
    const path = places.map((x) => `M${x} ${TOP}V${BOTTOM}`).join("");
    const x = places.at(-1);
    const isLate = x > (LEFT + RIGHT) / 2;
    const below = BOTTOM - 10 - 15 * slot;
    this.#show(path, off, setting(this.name, value), { x: isLate ? x - 5 : x + 5, y: below, "text-anchor": isLate ? "end" : "start" });
    this.element.style.cursor = "ew-resize";
  }

  /** A level line. */
  lie(height, { value, off }) {
    this.#show(`M${LEFT} ${height}H${RIGHT}`, off, setting(this.name, value), { x: LEFT + 5, y: Math.max(height - 5, TOP + 13) });
    this.element.style.cursor = "ns-resize";
  }

  #show(path, off, words, place) {
    set(this.line, { d: path });
    set(this.grip, { d: path });
    set(this.text, place);
    setText(this.text, words);
    this.element.classList.toggle("pg-curve-off", off);
  }
}

/** The curve as a table, for those who do not see it. */
class RankTable {
  #rows = TABLE_RANKS.map((n) => ({ n, now: make("td"), raw: make("td") }));

  constructor() {
    const heads = ["First n", "now", "unscaled"].map((name) => make("th", "", name));
    const rows = this.#rows.map(({ n, now, raw }) => make("tr", "", make("td", "", count(n)), now, raw));
    const table = make("table", "", make("thead", "", make("tr", "", ...heads)), make("tbody", "", ...rows));
    table.ariaLabel = "Cumulative probability by rank";
    this.element = make("div", "pg-unseen", table);
  }

  show(row, shape) {
    for (const { n, now, raw } of this.#rows) {
      const isThere = n <= row.order.length;
      now.parentElement.hidden = !isThere;
      if (!isThere) continue;
      setText(now, percent(shape.share(n)));
      setText(raw, percent(row.cumulative[n] / row.totalWeight));
    }
  }
}

const y = (share) => BOTTOM - (BOTTOM - TOP) * share;
const pathOf = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
