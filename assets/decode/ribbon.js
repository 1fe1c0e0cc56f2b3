/**
 * Shows the draw: the kept tokens stand side by side, each as wide as its probability, and the random number u falls on
 * one of them. The reader can repeat draws to see that sampling does not always choose the most probable token, and can
 * draw in the Gumbel-max way, to see that it draws from the same distribution.
 */

import { button, make, setText } from "../common/dom.js";
import { inSlices } from "../common/slices.js";
import { count, draw, percent } from "../common/words.js";
import { race } from "../distribution/gumbel.js";
import { fixed, t, tn, tParts } from "../common/language.js";
import { Draws, fitInWords } from "./draws.js";
import { setTextWith, term } from "../glossary/term.js";
import { aboutNoise, SAYS } from "./ribbon_words.js";
import { RaceTable, SHOWN } from "./race_table.js";

const SEGMENTS = 40; // the rest of the kept tokens share one
const MANY = 1000;
const NARROWEST = 230; // pixels of the whole band
const CHARACTER = 8.6; // pixels of a character, rounded up
const PADDING = 5; // pixels of a segment beside its text
const BY_U = "u";
const GUMBEL = "gumbel";
const WAYS = { [BY_U]: t("by u"), [GUMBEL]: t("Gumbel-max") };
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
  /** What the class draws from the distribution in view. @type {import("./together.js").Together | null} */
  #together = null;
  #onCount;
  #textOf;
  #what;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {() => void} onCount  called when `draws` has changed
   * @param {string} what  that is drawn for: "step" or "blank"
   */
  constructor(textOf, onCount, what) {
    this.#textOf = textOf;
    this.#what = what;
    this.#onCount = onCount;
    this.segments = Array.from({ length: SEGMENTS + 1 }, () => make("span", "pg-segment"));
    this.mark = make("span", "pg-ribbon-u");
    this.band = make("div", "pg-ribbon-band", ...this.segments);
    const ticks = [count(0), fixed(0.5, 1), count(1)].map((text) => make("span", "", text));
    this.scale = make("div", "pg-ribbon-scale", ...ticks);
    this.reading = make("div", "pg-ribbon-reading");
    this.result = make("div", "pg-ribbon-result");
    this.result.role = "status";
    this.terms = [term("χ²"), term("p-value", t("p"))];
    this.buttons = [
      button(t("Draw again"), () => this.#draw(1)),
      button(t("Draw {number}", { number: MANY }), () => this.#draw(MANY)),
      button(t("Clear"), () => this.#clear()),
    ];
    this.race = new RaceTable();
    this.about = make("div", "pg-ribbon-about", ...aboutNoise());
    const words = { draw: term("draw", t("draw")), u: term("u", t("u")), token: term("token", t("token")) };
    this.byU = make("span", "", ...tParts("The {draw}: {u} falls on a {token}", words));
    this.byNoise = make("span", "", ...tParts("The {draw}: the largest sum wins", { draw: term("draw", t("draw")) }));
    const title = make("div", "pg-chart-title", this.byU, this.byNoise);
    this.row = make("div", "pg-ribbon-buttons", ...this.buttons);
    this.ways = this.#choiceOfWay();
    this.plot = make("div", "pg-ribbon-plot", this.mark, this.band, this.scale);
    const shown = [this.plot, this.race.element, this.reading, this.row, this.result, this.about];
    this.element = make("figure", "pg-ribbon", title, this.ways, ...shown);
    this.element.ariaLabel = t("The draw");
  }

  /** @returns {Draws} the counted draws of the distribution in view: those of the class, or the reader's in the way in view */
  get draws() {
    return this.#together?.draws ?? this.#counted[this.#way];
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
    element.ariaLabel = t("How to draw");
    return element;
  }

  /**
   * @param {import("../common/trace.js").Step} step
   * @param {import("../distribution/distribution.js").Distribution} shape  the distribution after all stages
   * @param {string} key  identifies the distribution; the counted draws of another one are dropped
   * @param {boolean} isGreedy  whether the strategy in view draws nothing
   * @param {import("./together.js").Together | null} [together]  what a class draws from the distribution
   */
  show(step, shape, key, isGreedy, together = null) {
    this.#shape = shape;
    this.#together = together;
    if (key !== this.#key) {
      this.#key = key;
      this.#end();
      this.#counted = noCounts();
      this.#u = step.draw;
      this.#best = [];
    }
    const isByU = this.#way === BY_U || together !== null;
    for (const part of [this.ways, this.row]) part.hidden = together !== null;
    for (const part of [this.byU, this.plot]) part.hidden = !isByU;
    for (const part of [this.byNoise, this.race.element, this.about]) part.hidden = isByU;
    if (isByU) {
      this.#fill();
      if (together) this.#tellTogether(together.u);
      else this.#tell(step);
    } else this.#tellRace(step);
    this.buttons[2].disabled = !Object.values(this.#counted).some(({ total }) => total);
    setTextWith(this.result, this.#verdict(), this.terms);
    if (!isGreedy || together || this.draws.total) return;
    const token = this.#textOf(shape.order[0]);
    setText(this.reading, t("Greedy draws nothing: it takes the most probable token, {token}.", { token }));
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
      const text = isRest ? t("{more} more", { more: last - first - shown }) : this.#textOf(order[first + place]);
      segment.style.width = `${100 * share}%`;
      setText(segment, text.length * CHARACTER + PADDING <= share * NARROWEST ? text : "");
      segment.title = t("{token}: {share}", { token: text, share: percent(share) });
      segment.classList.toggle("pg-rest", isRest);
    });
  }

  /** @param {number | null} u  where the mark stands, null for nowhere @returns {number} the id of the token below it */
  #point(u) {
    this.mark.hidden = u === null;
    this.mark.style.setProperty("--pg-u", String(u ?? 0));
    return this.#shape.order[this.#shape.positionAt(u ?? 0)];
  }

  /** @param {number | null} u  the reader's own one */
  #tellTogether(u) {
    const values = { u: draw(u ?? 0), token: this.#textOf(this.#point(u)) };
    setText(this.reading, u === null ? t("The class draws from this step.") : t("your own u = {u} falls on {token}", values));
  }

  #tell(step) {
    const id = this.#point(this.#u);
    if (this.#u !== null) {
      const values = { u: draw(this.#u), token: this.#textOf(id) };
      const { own, ownNow } = SAYS[this.#what];
      if (this.#u !== step.draw) setText(this.reading, t("u = {u} falls on {token}", values));
      else setText(this.reading, id === step.token_id ? own(values) : ownNow(values));
    } else {
      setText(this.reading, SAYS[this.#what].none);
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
      const token = textAt(winner.place);
      setText(this.reading, tn("{token} has the largest of {n} sum and is drawn.", "{token} has the largest of {n} sums and is drawn.", kept, { token }));
    } else {
      setText(this.reading, step.draw === null ? SAYS[this.#what].noneByNoise : SAYS[this.#what].byU);
    }
  }

  /** @returns {Float64Array} of the first `most` kept tokens, in their order */
  #probabilities(most = Infinity) {
    const { curve, stretch: [first, last], keptWeight } = this.#shape;
    return curve.weights.slice(first, Math.min(last, first + most)).map((weight) => weight / keptWeight);
  }

  /** Returns a sentence about whether the counts agree with the probabilities; none before all draws are made. */
  #verdict() {
    if (this.#together) return t("The counts beside the bars are the draws of the class.");
    return this.#run ? "" : fitInWords(this.draws, this.#shape);
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
