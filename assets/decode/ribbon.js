/**
 * Shows the draw: the kept tokens stand side by side, each as wide as its probability, and the random number u falls on
 * one of them. The reader can repeat draws to see that sampling does not always choose the most probable token, and can
 * draw in the Gumbel-max way, to see that it draws from the same distribution.
 */

import { button, make, setText } from "../common/dom.js";
import { inSlices } from "../common/slices.js";
import { count, draw, percent, plural } from "../common/words.js";
import { chiSquare } from "../distribution/chi_square.js";
import { race } from "../distribution/gumbel.js";
import { setTextWith, term } from "../glossary/term.js";
import { RaceTable, SHOWN } from "./race_table.js";

const SEGMENTS = 40; // the rest of the kept tokens share one
const MANY = 1000;
const NARROWEST = 230; // pixels of the whole band
const CHARACTER = 8.6; // pixels of a character, rounded up
const PADDING = 5; // pixels of a segment beside its text
const GREEDY = "Greedy draws nothing: it takes the most probable token,";
const BY_U = "u";
const GUMBEL = "gumbel";
const WAYS = { [BY_U]: "by u", [GUMBEL]: "Gumbel-max" };
const ABOUT =
  " −ln(−ln u), with a u of its own, on top of its log-probability. The largest sum wins, and each token wins with its " +
  "probability p: both ways draw from the same distribution. This one needs no sum over the vocabulary, because logits " +
  "serve as well as log p, and it runs in parallel. vLLM draws like this: p divided by exponential noise has the same winner.";

export class Ribbon {
  #shape = null;
  #key = "";
  #u = null;
  /** @type {import("../distribution/gumbel.js").Runner[]} the best of the last Gumbel-max draw */
  #best = [];
  #way = BY_U;
  #counted = noCounts();
  /** @type {AbortController | null} the draws under way */
  #run = null;
  #onCount;
  #textOf;
  #what;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {() => void} onCount  called when `draws` has changed
   * @param {string} what  that is drawn for: a step, or a blank
   */
  constructor(textOf, onCount, what) {
    this.#textOf = textOf;
    this.#what = what;
    this.#onCount = onCount;
    this.segments = Array.from({ length: SEGMENTS + 1 }, () => make("span", "pg-segment"));
    this.mark = make("span", "pg-ribbon-u");
    this.band = make("div", "pg-ribbon-band", ...this.segments);
    const ticks = ["0", "0.5", "1"].map((text) => make("span", "", text));
    this.scale = make("div", "pg-ribbon-scale", ...ticks);
    this.reading = make("div", "pg-ribbon-reading");
    this.result = make("div", "pg-ribbon-result");
    this.result.role = "status";
    this.terms = [term("χ²"), term("p-value", "p")];
    this.buttons = [
      button("Draw again", () => this.#draw(1)),
      button("Draw 1,000", () => this.#draw(MANY)),
      button("Clear", () => this.#clear()),
    ];
    this.race = new RaceTable();
    this.about = make("div", "pg-ribbon-about", "Each kept token gets ", term("Gumbel noise"), ABOUT);
    this.byU = make("span", "", ": ", term("u"), " falls on a ", term("token"));
    this.byNoise = make("span", "", ": the largest sum wins");
    const title = make("div", "pg-chart-title", "The ", term("draw"), this.byU, this.byNoise);
    const row = make("div", "pg-ribbon-buttons", ...this.buttons);
    this.plot = make("div", "pg-ribbon-plot", this.mark, this.band, this.scale);
    const shown = [this.plot, this.race.element, this.reading, row, this.result, this.about];
    this.element = make("figure", "pg-ribbon", title, this.#choiceOfWay(), ...shown);
    this.element.ariaLabel = "The draw";
  }

  /** @returns {Draws} the counted draws of the distribution in view, in the way in view */
  get draws() {
    return this.#counted[this.#way];
  }

  #choiceOfWay() {
    const choices = Object.entries(WAYS).map(([way, words]) => {
      const input = make("input");
      Object.assign(input, { type: "radio", name: `pg-way-to-draw-a-${this.#what}`, checked: way === this.#way });
      input.addEventListener("change", () => {
        this.#way = way;
        this.#end();
        this.#onCount();
      });
      return make("label", "", input, words);
    });
    const element = make("div", "pg-ribbon-ways", ...choices);
    element.role = "radiogroup";
    element.ariaLabel = "How to draw";
    return element;
  }

  /**
   * @param {import("../common/trace.js").Step} step
   * @param {import("../distribution/distribution.js").Distribution} shape  the distribution after all stages
   * @param {string} key  identifies the distribution; the counted draws of another one are dropped
   * @param {boolean} isGreedy  whether the strategy in view draws nothing
   */
  show(step, shape, key, isGreedy) {
    this.#shape = shape;
    if (key !== this.#key) {
      this.#key = key;
      this.#end();
      this.#counted = noCounts();
      this.#u = step.draw;
      this.#best = [];
    }
    const isByU = this.#way === BY_U;
    for (const part of [this.byU, this.plot]) part.hidden = !isByU;
    for (const part of [this.byNoise, this.race.element, this.about]) part.hidden = isByU;
    if (isByU) {
      this.#fill();
      this.#tell(step);
    } else this.#tellRace(step);
    this.buttons[2].disabled = !Object.values(this.#counted).some(({ total }) => total);
    setTextWith(this.result, this.#verdict(), this.terms);
    if (isGreedy && !this.draws.total) setText(this.reading, `${GREEDY} ${this.#textOf(shape.order[0])}.`);
  }

  #fill() {
    const { order, curve, keptWeight, stretch: [first, last] } = this.#shape;
    const shown = Math.min(SEGMENTS, last - first);
    const shareUpTo = (place) => (curve.cumulative[first + place] - curve.cumulative[first]) / keptWeight;
    this.segments.forEach((segment, place) => {
      const isRest = place === shown && last - first > shown;
      segment.hidden = place > shown || (place === shown && !isRest);
      if (segment.hidden) return;
      const end = isRest ? 1 : shareUpTo(place + 1);
      const share = end - shareUpTo(place);
      const text = isRest ? `${count(last - first - shown)} more` : this.#textOf(order[first + place]);
      segment.style.width = `${100 * share}%`;
      setText(segment, text.length * CHARACTER + PADDING <= share * NARROWEST ? text : "");
      segment.title = `${text}: ${percent(share)}`;
      segment.classList.toggle("pg-rest", isRest);
    });
  }

  #tell(step) {
    const isDrawn = this.#u !== null;
    this.mark.hidden = !isDrawn;
    if (isDrawn) {
      const id = this.#shape.order[this.#shape.positionAt(this.#u)];
      this.mark.style.left = `${100 * this.#u}%`;
      const isOwn = this.#u === step.draw;
      const whose = isOwn ? `the ${this.#what}'s own ` : "";
      const would = isOwn && id !== step.token_id ? "now falls on" : "falls on";
      setText(this.reading, `${whose}u = ${draw(this.#u)} ${would} ${this.#textOf(id)}`);
    } else {
      setText(this.reading, `No token was drawn for this ${this.#what}. Press Draw again to see what could come.`);
    }
  }

  /** Shows the best tokens of the last draw with their noise; before any draw the most probable ones without it. */
  #tellRace(step) {
    const { order, stretch, kept } = this.#shape;
    const [winner] = this.#best;
    const first = Array.from(this.#probabilities(SHOWN), (p, place) => ({ place, log: Math.log(p) }));
    const textAt = (place) => this.#textOf(order[stretch[0] + place]);
    this.race.show((winner ? this.#best : first).map((one) => ({ ...one, text: textAt(one.place) })));
    if (winner) {
      setText(this.reading, `${textAt(winner.place)} has the largest of ${plural(kept, "sum")} and is drawn.`);
    } else {
      const own = step.draw === null ? "No token was drawn for" : "The playground drew by u for";
      setText(this.reading, `${own} this ${this.#what}. Press Draw again to give each kept token its noise.`);
    }
  }

  /** @returns {Float64Array} of the first `most` kept tokens, in their order */
  #probabilities(most = Infinity) {
    const { curve, stretch: [first, last], keptWeight } = this.#shape;
    return curve.weights.slice(first, Math.min(last, first + most)).map((weight) => weight / keptWeight);
  }

  /** Returns a sentence about whether the counts agree with the probabilities; none before all draws are made. */
  #verdict() {
    const { draws } = this;
    if (!draws.total || this.#run) return "";
    const made = plural(draws.total, "draw");
    if (this.#shape.kept === 1) return `${made}: only one token is left to draw.`;
    const fit = draws.fit(this.#shape);
    if (!fit) return `${made}: too few for a test. The counts are beside the bars.`;
    const p = fit.pValue < 0.001 ? "< 0.001" : `= ${fit.pValue.toFixed(3)}`;
    return `${made} in ${fit.degrees + 1} groups: χ² = ${fit.statistic.toFixed(1)}, p ${p}`;
  }

  /** Draws a number of times, and shows the counts as they grow. A former run ends, and its counts stay. */
  #draw(times) {
    this.#end();
    const run = new AbortController();
    this.#run = run;
    const onSlice = (isLast) => {
      if (isLast) this.#run = null;
      this.#onCount();
    };
    inSlices(times, this.#way === BY_U ? this.#drawingByU() : this.#drawingByNoise(), onSlice, run.signal);
  }

  /** Ends the draws under way. */
  #end() {
    this.#run?.abort();
    this.#run = null;
  }

  /** @returns {() => void} draws and counts one token of the distribution in view */
  #drawingByU() {
    const [shape, draws] = [this.#shape, this.draws];
    return () => {
      this.#u = Math.random();
      draws.add(shape.order[shape.positionAt(this.#u)]);
    };
  }

  /** @returns {() => void} as `#drawingByU` */
  #drawingByNoise() {
    const { order, stretch } = this.#shape;
    const [probabilities, draws] = [this.#probabilities(), this.draws];
    return () => {
      this.#best = race(probabilities, Math.random, SHOWN);
      draws.add(order[stretch[0] + this.#best[0].place]);
    };
  }

  #clear() {
    this.buttons[0].focus(); // Clear is about to be disabled
    this.#key = "";
    this.#onCount();
  }
}

/** @returns {Record<string, Draws>} by the way to draw */
const noCounts = () => Object.fromEntries(Object.keys(WAYS).map((way) => [way, new Draws()]));

/** Counted draws of one distribution. */
export class Draws {
  total = 0;
  #counts = new Map();

  add(id) {
    this.total++;
    this.#counts.set(id, this.of(id) + 1);
  }

  /** @returns {number} how often `id` was drawn */
  of(id) {
    return this.#counts.get(id) ?? 0;
  }

  /** @returns {number | null} a candidate's share of the draws; null before any draw, or if it cannot be drawn */
  share({ id, probability }) {
    return this.total && probability > 0 ? this.of(id) / this.total : null;
  }

  /** Returns a candidate's count and its expected count: "305, 312.4"; "" before any draw. */
  told({ id, probability }) {
    return this.share({ id, probability }) !== null ? `${count(this.of(id))}, ${(this.total * probability).toFixed(1)}` : "";
  }

  /**
   * @returns {import("../distribution/chi_square.js").Fit | null} the fit of the counts to those that `shape` predicts
   */
  fit(shape) {
    const ids = Array.from(shape.order.subarray(...shape.stretch));
    const weights = shape.curve.weights.subarray(...shape.stretch);
    const expected = Array.from(weights, (weight) => (this.total * weight) / shape.keptWeight);
    return chiSquare(ids.map((id) => this.of(id)), expected);
  }
}
