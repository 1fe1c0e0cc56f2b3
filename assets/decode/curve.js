/**
 * The curve: how much of the probability the first n candidates hold, unscaled and now, and where each cut falls.
 * A switch draws the curve over the tokens that entered top-p: what the cuts before it left is then the whole.
 */

import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { term } from "../glossary/term.js";
import { STAGES } from "../distribution/stages/all.js";
import { draw } from "../common/svg.js";
import { count, inPercent, label, percent, setting } from "../common/words.js";
import { Cut } from "./curve_cut.js";
import { besideLevel, besideUprights, boxOf } from "./curve_names.js";
import { RankTable } from "./rank_table.js";

const UNCUT = { greedy: t("Greedy cuts nothing."), beam: t("Beam search cuts nothing.") };
const WIDTH = 336;
const HEIGHT = 196;
const FRAME = { left: 44, right: WIDTH - 12, top: 8, bottom: HEIGHT - 38 };
const SAMPLES = 160; // points of a curve

const WITHIN = t(
  "Draws the share of what entered top-p instead of the share of all tokens. Then top-p cuts at its own value.",
);

/** Which cuts show where they lie even when they are off, to be dragged from there. */
const ALWAYS = ["top_k", "top_p"];

const CUTS = STAGES.filter(({ kind }) => kind === "cut");

export class Curve {
  #shape = null;
  #row = null;
  #settings = null;
  #ranks = []; // sampled, the same for every step of a model
  #uncut = ""; // what to say under a strategy without cuts
  /** @type {import("../distribution/cuts.js").Stretch} the places of the tokens that are the whole */
  #whole = [0, 1];
  #isPart = false; // whether the whole is what entered top-p

  constructor() {
    this.raw = draw("path", "pg-curve-raw");
    this.now = draw("path", "pg-curve-now");
    this.kept = draw("path", "pg-curve-kept");
    this.grid = draw("g", "pg-curve-grid");
    const cuts = CUTS.map((stage) => new Cut(stage, ({ entered }, event) => this.#valueAt(stage, entered, event)));
    this.cuts = Object.fromEntries(cuts.map((cut) => [cut.name, cut]));
    const middle = (FRAME.left + FRAME.right) / 2;
    const axis = draw("text", "pg-curve-axis", { x: middle, y: HEIGHT - 4 }, t("n, the rank (logarithmic)"));
    const picture = draw("g", "", { "aria-hidden": "true" }, this.grid, axis, this.kept, this.raw, this.now);
    const names = draw("g", "", { "aria-hidden": "true" }, ...cuts.map(({ text }) => text)); // above all lines
    this.svg = draw("svg", "pg-curve-plot", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": t("Cuts") });
    this.svg.append(picture, ...cuts.map(({ element }) => element), names);
    this.svg.addEventListener("pointermove", (event) => this.#read(event));
    this.svg.addEventListener("pointerleave", () => this.#readKept());
    this.reading = make("div", "pg-curve-reading");
    this.table = new RankTable();
    this.within = make("input");
    this.within.type = "checkbox";
    this.within.addEventListener("change", () => this.show(this.#row, this.#shape, this.#settings));
    const choice = make("label", "pg-curve-within", this.within, t("over what entered top-p"));
    choice.title = WITHIN;
    const legend = [["pg-key-line", t("now")], ["pg-key-thin", t("unscaled")], ["pg-key-kept", term("nucleus", t("kept"))]];
    const title = make("div", "pg-chart-title", t("Probability of the first n candidates"));
    const keys = make("div", "pg-legend", ...legend.map(([key, text]) => make("span", `pg-key ${key}`, text)), choice);
    this.element = make("figure", "pg-curve", title, keys, this.svg, this.reading, this.table.element);
    this.element.ariaLabel = t("Cumulative probability by rank");
  }

  /**
   * @param {import("../distribution/row.js").Row} row
   * @param {import("../distribution/distribution.js").Distribution} shape  of that row
   * @param {import("../distribution/settings.js").Settings} settings
   */
  show(row, shape, settings) {
    [this.#shape, this.#settings] = [shape, settings];
    this.#uncut = UNCUT[settings.strategy] ?? "";
    if (this.#row !== row) this.#begin(row);
    const possible = shape.curve.weights.length;
    const { entered } = shape.stages.find(({ name }) => name === "top_p");
    this.within.disabled = entered[1] - entered[0] === possible;
    this.#isPart = this.within.checked && !this.within.disabled;
    this.#whole = this.#isPart ? entered : [0, possible];
    this.element.classList.toggle("pg-curve-part", this.#isPart);
    this.now.setAttribute("d", pathOf(this.#ranks.map((n) => [this.#x(n), y(this.#share(n))])));
    this.#drawKept();
    this.#showCuts();
    this.#readKept();
    this.table.show(row, (n) => this.#share(n));
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
    const { left, right, top, bottom } = FRAME;
    const parts = [];
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      parts.push(draw("line", "", { x1: left, x2: right, y1: y(share), y2: y(share) }));
      parts.push(draw("text", "pg-curve-share", { x: left - 6, y: y(share) + 4 }, inPercent(count(100 * share))));
    }
    for (let n = 1; n <= size; n *= 10) {
      parts.push(draw("line", "", { x1: this.#x(n), x2: this.#x(n), y1: top, y2: bottom }));
      parts.push(draw("text", "pg-curve-rank", { x: this.#x(n), y: bottom + 16 }, n < 10_000 ? count(n) : `${n / 1000}k`));
    }
    this.grid.replaceChildren(...parts);
  }

  /** The area under the curve over the ranks that are kept. */
  #drawKept() {
    const { stretch: [first, last], kept } = this.#shape;
    if (!kept) return this.kept.removeAttribute("d");
    const inside = this.#ranks.filter((n) => n > first && n < last);
    const ranks = [Math.max(1, first), ...inside, last];
    const line = ranks.map((n) => [this.#x(n), y(this.#share(n))]);
    const [start, end] = [line[0][0], line.at(-1)[0]];
    this.kept.setAttribute("d", `${pathOf(line)} L${end} ${FRAME.bottom} L${start} ${FRAME.bottom} Z`);
  }

  #showCuts() {
    const uprights = [];
    let level = null;
    for (const stage of this.#shape.stages.filter(({ name }) => name in this.cuts)) {
      const cut = this.cuts[stage.name];
      const isShown = !this.#uncut && (!stage.off || ALWAYS.includes(stage.name));
      cut.reveal(isShown);
      if (!isShown) continue;
      const text = setting(stage.name, stage.value);
      if (stage.name === "top_p") {
        const crossing = this.#x(Math.max(1, stage.entered[0] + stage.kept));
        level = { cut, height: y(this.#levelOf(stage)), crossing, text: this.#withPart(stage, text) };
        cut.lie(level.height, FRAME.left, FRAME.right, stage);
      } else {
        const places = this.#placesOf(stage);
        uprights.push({ cut, x: places.at(-1), text });
        cut.stand(places, FRAME.top, FRAME.bottom, stage);
      }
    }
    const places = besideUprights(uprights, FRAME);
    for (const [row, { cut, text }] of uprights.entries()) cut.write(text, places[row]);
    const taken = places.map((place, row) => boxOf(place, uprights[row].text));
    if (level) level.cut.write(level.text, besideLevel(level.height, level.crossing, level.text, taken, FRAME));
  }

  /** Says why top-p lies lower than its value on a curve over all tokens: "top-p 0.9 of what top-k left". */
  #withPart(stage, setting) {
    if (stage.off) return setting;
    const before = this.#shape.stages.slice(0, this.#shape.stages.indexOf(stage)).map(({ name }) => name);
    const last = this.#shape.edges.findLast(({ name }) => before.includes(name));
    return last ? t("{setting} of what {stage} left", { setting, stage: label(last.name) }) : setting;
  }

  /** @returns {number} the share of the whole that the first `n` candidates hold */
  #share(n) {
    const { cumulative } = this.#shape.curve;
    const [first, last] = this.#whole;
    const whole = cumulative[last] - cumulative[first];
    return whole ? (cumulative[Math.min(Math.max(n, first), last)] - cumulative[first]) / whole : 0; // nothing may be left
  }

  /** How much of the whole top-p asks for: its share of what the stages before it left. */
  #levelOf({ entered: [first, last], value }) {
    const start = this.#share(first);
    return start + value * (this.#share(last) - start);
  }

  /** @returns {number[]} where a cut's lines stand: at the last rank it kept, for typical-p also before the first */
  #placesOf(stage) {
    if (stage.name === "top_k") return [this.#x(stage.off ? this.#row.order.length : stage.value)];
    const edges = this.#shape.edges.filter(({ name }) => name === stage.name);
    const ranks = edges.map(({ position }) => position);
    return (ranks.length ? ranks : [stage.entered[1]]).map((n) => this.#x(Math.max(1, n)));
  }

  /** The value of a cut's setting for the pointer's place. @param {import("../distribution/stages/all.js").Stage} stage */
  #valueAt({ name, valueAt }, entered, event) {
    const { n, share } = this.#placeOf(event);
    const { cumulative } = this.#shape.curve;
    const [first, last] = this.#whole;
    const [{ curve }] = this.#shape.around(name);
    // The height is that of the curve as it is drawn. A stage that cut before the last temperature saw another one.
    const held = curve === this.#shape.curve ? cumulative[first] + share * (cumulative[last] - cumulative[first]) : curve.cumulative[n];
    return valueAt(curve, entered, n, held);
  }

  /** The rank and the height of the curve under the pointer. */
  #placeOf({ clientX, clientY }) {
    const box = this.svg.getBoundingClientRect();
    const [across, down] = [((clientX - box.left) * WIDTH) / box.width, ((clientY - box.top) * HEIGHT) / box.height];
    const clamp = (number) => Math.max(0, Math.min(1, number));
    const n = Math.round(this.#row.order.length ** clamp((across - FRAME.left) / (FRAME.right - FRAME.left)));
    return { n, share: clamp((FRAME.bottom - down) / (FRAME.bottom - FRAME.top)) };
  }

  #read(event) {
    if (!this.#shape) return;
    const { n } = this.#placeOf(event);
    const raw = percent(this.#row.cumulative[n] / this.#row.totalWeight);
    const now = percent(this.#share(n));
    const said = this.#isPart
      ? tn("the first {n} token: {now} of what entered top-p", "the first {n} tokens: {now} of what entered top-p", n, { now })
      : tn("the first {n} token: {now} now, {raw} unscaled", "the first {n} tokens: {now} now, {raw} unscaled", n, { now, raw });
    setText(this.reading, said);
  }

  #readKept() {
    if (!this.#shape) return;
    const { stretch: [first, last], kept } = this.#shape;
    const held = percent(this.#share(last) - this.#share(first));
    const said = this.#isPart
      ? tn("{n} token kept, with {share} of what entered top-p", "{n} tokens kept, with {share} of what entered top-p", kept, { share: held })
      : tn("{n} token kept, with {share} of the probability", "{n} tokens kept, with {share} of the probability", kept, { share: held });
    setText(this.reading, this.#uncut || said);
  }

  #x(n) {
    return FRAME.left + (FRAME.right - FRAME.left) * (Math.log(n) / Math.log(this.#row.order.length));
  }
}

const y = (share) => FRAME.bottom - (FRAME.bottom - FRAME.top) * share;
const pathOf = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
