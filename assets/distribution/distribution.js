/**
 * What the settings make of one step's logits: the same stages as in Python, in the settings' order, over the whole
 * vocabulary. Pure mathematics; knows nothing of the page or the server.
 *
 * Every stage's scores are float32, as in transformers; probabilities are the float64 softmax of those. A token that
 * was removed keeps its place in the order, so what is kept is one stretch of it, and what a stage removed is another.
 */

import { weightOf } from "./cuts.js";
import { Left } from "./left.js";
import { masked } from "./masked.js";
import { penalise } from "./penalties.js";
import { firstWhere, positionOf } from "./row.js";
import { lack, ready } from "./ready.js";
import { served } from "./served_stage.js";
import { orderOf, valuesInForce } from "./settings.js";

export { sortRow } from "./row.js";
export { curveOf } from "./left.js";

/**
 * @typedef {object} Stage
 * @property {string} name  the stage's
 * @property {any} value  of the setting that switches it on, its off value where the strategy ignores it
 * @property {Record<string, any>} values  of all its settings
 * @property {boolean} off
 * @property {number} kept  tokens left after it
 * @property {number} removedMass  probability of what it removed, just before it did
 * @property {number} moved  tokens whose logit a penalty changed
 * @property {import("./cuts.js").Stretch} entered  what entered it, a stretch of `order`
 * @property {boolean} [isWaiting]  whether it does nothing yet, because the server has not answered what it needs
 * @property {string} [refusal]  why it does nothing: the sentence with which the server refused a value
 *
 * @typedef {object} Edge  one end of the stretch that a stage left shorter
 * @property {string} name  the stage's
 * @property {number} position  in `order`: the edge lies before the token there
 * @property {boolean} isUpper  whether it removed what stands above, not below
 * @property {number} kept  tokens left after the stage
 *
 * @typedef {object} Candidate
 * @property {number} id
 * @property {number} rank  by raw logit, from 1
 * @property {number} place  in `order`, from 1
 * @property {number} logit  raw
 * @property {number} penalisedLogit  after the penalties before the temperature
 * @property {number} rawProbability  softmax of the raw logits
 * @property {number} probability  after all stages, 0 if removed
 * @property {string | null} removedBy  the stage that removed it
 */

/**
 * @param {import("./row.js").Row} row
 * @param {import("./moment.js").Moment} moment
 * @param {import("./settings.js").Settings} settings
 * @returns {Distribution}
 */
export function reshape(row, moment, settings) {
  return new Distribution(row, moment, settings);
}

const FEW = 200;

export class Distribution {
  /** @type {Stage[]} all of them, in order, those that are off too */
  stages = [];
  /** @type {Edge[]} where in `order` the cuts lie, in order of the stages */
  edges = [];
  /** @type {Map<string, Map<number, number>>} by the name of a penalty, what it made of the logits that it changed */
  touched = new Map();
  /** @type {Map<string, [before: Left, after: Left]>} by the stage's name */
  #around = new Map();
  /** @type {Map<number, string>} the stage that removed it, of each token that cannot be drawn any more */
  #bannedBy = new Map();
  /** @type {Map<number, number>} the logits that penalties changed before the temperature */
  #changed = new Map();
  /** @type {Uint32Array | null} where each token stands in `order` */
  #places = null;
  #asked = 0;
  /** @type {(id: number) => boolean} whether the constraint allows a token */
  #isAllowed = () => true;

  constructor(row, moment, settings) {
    this.row = row;
    this.moment = moment;
    this.temperature = Math.fround(valuesInForce(settings, "temperature").temperature);
    this.left = Left.of(row);
    const stages = orderOf(settings).map((name) => ready(name, settings, moment.words));
    for (let at = 0; at < stages.length; at++) {
      const stage = stages[at];
      if (!stage.isOn) this.#record(stage, this.left, stage.lacks);
      else if (stage.isServed) this.#serve(stage, moment);
      else if (stage.kind === "constraint") this.#constrain(stage, moment);
      else if (stage.kind === "watermark") this.#raise(stage, moment);
      else if (stage.kind === "penalty") {
        const run = [stage];
        const isNext = (/** @type {typeof stage} */ one) => !one.isOn || (one.kind === "penalty" && !one.isServed);
        while (at + 1 < stages.length && isNext(stages[at + 1])) run.push(stages[++at]);
        this.#penalise(run, moment);
      } else if (stage.kind === "reshape") this.#record(stage, this.#reshaped(stage));
      else this.#cut(stage, moment);
    }
    this.stretch = this.left.stretch;
    this.curve = this.left.curve;
    this.keptWeight = weightOf(this.curve, this.stretch);
  }

  /** Removes what the mask of the step does not allow; nothing where there is no mask. */
  #constrain(stage, moment) {
    const before = this.left;
    const mask = moment.maskOf(stage.told);
    if (!(mask instanceof Uint8Array)) return this.#record(stage, before, lack(mask));
    const { left, removedMass } = masked(before, mask, stage.apply);
    this.#isAllowed = stage.apply(mask);
    this.#shift(before.stretch[1], before.count - left.count);
    this.#record(stage, left, { removedMass });
  }

  /** Raises the tokens that are green at the step; none where it is not known which they are. */
  #raise(stage, moment) {
    const { watermark_bias, watermark_ratio, watermark_key } = stage.told;
    const green = moment.greenOf({ watermark_ratio, watermark_key });
    if (!(green instanceof Uint8Array)) return this.#record(stage, this.left, lack(green));
    const isGreen = stage.apply(green);
    const [first, last] = this.left.stretch;
    const moved = this.left.ranking.order.subarray(first, last).filter(isGreen).length;
    this.#record(stage, this.left.raised(isGreen, watermark_bias), { moved });
  }

  /** Applies penalties that follow each other, and records those between them that are off. */
  #penalise(run, moment) {
    const before = this.left;
    const { left, changed, deeds } = penalise(before, moment, run.filter(({ isOn }) => isOn));
    if (!this.#around.has("temperature")) for (const [id, logit] of changed) this.#changed.set(id, logit);
    const banned = deeds.reduce((sum, deed) => sum + deed.banned.length, 0);
    this.#shift(before.stretch[1], banned);
    let kept = before.count;
    this.left = left;
    for (const stage of run) {
      const deed = deeds.find(({ name }) => name === stage.name);
      kept -= deed?.banned.length ?? 0;
      if (deed) this.touched.set(stage.name, deed.touched);
      for (const id of deed?.banned ?? []) this.#bannedBy.set(id, stage.name);
      this.#record(stage, left, { kept, moved: deed?.moved ?? 0, removedMass: deed?.removedMass ?? 0, ...stage.lacks }, before);
    }
  }

  /** Moves the places behind the stretch, from which tokens went to the end of the order. */
  #shift(last, banned) {
    if (!banned) return;
    for (const edge of this.edges) if (!edge.isUpper && edge.position >= last) edge.position -= banned;
    for (const { entered } of this.stages) if (entered[1] >= last) entered[1] -= banned;
  }

  #reshaped({ apply, values, setting }) {
    const { left } = this;
    const scores = apply(left.ranking.scores, left.stretch, values, () => left.curve);
    if (scores === left.ranking.scores) return left;
    return left.rescored(scores, setting === "temperature" && left.temperature === 1 && !values.dynatemp_range ? this.temperature : null);
  }

  #cut(stage, moment) {
    const before = this.left;
    const after = before.count ? before.cut(stage.apply(before.curve, before.stretch, stage.values, moment)) : before;
    this.#cutTo(stage, after);
  }

  #cutTo(stage, after, lacks = {}) {
    const before = this.left;
    const [first, last] = after.stretch;
    const share = before.count ? weightOf(before.curve, after.stretch) / weightOf(before.curve, before.stretch) : 1;
    this.#record(stage, after, { removedMass: 1 - share, ...lacks });
    const edge = { name: stage.name, kept: after.count };
    if (first > before.stretch[0]) this.edges.push({ ...edge, position: first, isUpper: true });
    if (last < before.stretch[1]) this.edges.push({ ...edge, position: last, isUpper: false });
  }

  /** Applies a stage that has no JavaScript, as the server tells it. */
  #serve(stage, moment) {
    const before = this.left;
    if (!moment.onAnswer) return this.#record(stage, before, lack(null));
    const { left: after, scores, banned, changed, removedMass, lacks } = served(before, stage, moment, this.stages);
    if (after.ranking === before.ranking) return this.#cutTo(stage, after, lacks);
    this.#shift(before.stretch[1], banned.length);
    for (const id of banned) this.#bannedBy.set(id, stage.name);
    const isPenalty = stage.kind === "penalty";
    if (isPenalty && !this.#around.has("temperature")) for (const id of changed) this.#changed.set(id, scores[id]);
    this.#record(stage, after, { moved: isPenalty ? changed.length : 0, removedMass });
  }

  /**
   * @param {{name: string, setting: string, told: Record<string, any>}} stage
   * @param {Left} after  what the stage leaves
   * @param {Partial<Stage>} [facts]  those that are left out say that it is on and changed nothing
   */
  #record({ name, setting, told }, after, facts = {}, before = this.left) {
    this.left = after;
    this.#around.set(name, [before, after]);
    /** @type {import("./cuts.js").Stretch} */
    const entered = [before.stretch[0], before.stretch[1]];
    this.stages.push({ name, value: told[setting], values: told, off: false, kept: after.count, moved: 0, removedMass: 0, entered, ...facts });
  }

  /** @returns {[before: Left, after: Left]} what enters a stage, and what it leaves. Penalties in a row act as one. */
  around(name) {
    return this.#around.get(name);
  }

  /** @returns {boolean} whether a stage does nothing yet, because the server has not answered what it needs */
  get isWaiting() {
    return this.stages.some(({ isWaiting }) => isWaiting);
  }

  /** @returns {Uint32Array} token ids, best first, where they stood when they were removed; impossible ones at the end */
  get order() {
    return this.left.ranking.order;
  }

  /** @returns {number} tokens left after all stages */
  get kept() {
    return this.left.count;
  }

  /** @returns {number} of the distribution after all stages */
  get entropyBits() {
    return this.left.entropyBits;
  }

  /** @returns {number} the share that the first `count` of `order` hold, before any cut */
  share(count) {
    const { cumulative } = this.curve;
    const whole = cumulative.at(-1) - cumulative[0];
    return whole ? (cumulative[Math.min(count, cumulative.length - 1)] - cumulative[0]) / whole : 0; // nothing may be left
  }

  /**
   * The token a random number picks: the kept ones laid end to end, the most probable first, as the sampler does.
   *
   * @param {number} u  in [0, 1)
   * @returns {number} its position in `order`
   */
  positionAt(u) {
    const { cumulative } = this.curve;
    const [first, last] = this.stretch;
    const target = cumulative[first] + u * this.keptWeight;
    return Math.min(firstWhere(first, last, (i) => cumulative[i + 1] > target), last - 1);
  }

  /** @returns {number} after all stages */
  probability(id) {
    const position = this.#positionOf(id);
    const isKept = position >= this.stretch[0] && position < this.stretch[1];
    return isKept ? this.curve.weights[position] / this.keptWeight : 0;
  }

  /** @returns {number} softmax of the raw logits */
  rawProbability(id) {
    return Math.exp(this.row.logits[id] - this.row.scores[0]) / this.row.totalWeight;
  }

  /** @returns {string | null} the stage that removed it; null too for a token the model itself ruled out */
  removedBy(id) {
    const stage = this.#bannedBy.get(id);
    if (stage) return stage;
    const position = this.#positionOf(id);
    if (position >= this.curve.weights.length) return this.row.logits[id] === -Infinity || this.#isAllowed(id) ? null : "constraint";
    return this.edges.find((edge) => edge.isUpper === position < edge.position)?.name ?? null;
  }

  /** @returns {Candidate} */
  candidate(id) {
    const logit = this.row.logits[id];
    return {
      id,
      rank: positionOf(this.row, logit, id) + 1,
      place: this.#positionOf(id) + 1,
      logit,
      penalisedLogit: this.#changed.get(id) ?? logit,
      rawProbability: this.rawProbability(id),
      probability: this.probability(id),
      removedBy: this.removedBy(id),
    };
  }

  /** @returns {Candidate[]} the first `count` of `order` */
  candidates(count) {
    return Array.from(this.order.subarray(0, count), (id) => this.candidate(id));
  }

  /** A page asks for its bars, which stand at the front. Only who asks for many tokens needs the place of each. */
  #positionOf(id) {
    if (!this.#places && this.#asked++ < FEW) return this.order.indexOf(id);
    if (!this.#places) {
      const { order } = this;
      this.#places = new Uint32Array(order.length);
      for (let place = 0; place < order.length; place++) this.#places[order[place]] = place;
    }
    return this.#places[id];
  }
}
