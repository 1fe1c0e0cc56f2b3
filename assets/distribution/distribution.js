/**
 * What the settings make of one step's logits: the same stages as transformers, in the same order, over the whole
 * vocabulary. Pure mathematics; knows nothing of the page or the server.
 *
 * Every stage's scores are float32, as in transformers; probabilities are the float64 softmax of those. A token that
 * was removed keeps its place in the order, so what is kept is one stretch of it, and what a stage removed is another.
 */

import { entropyNats, weightOf } from "./cuts.js";
import { penalise } from "./penalties.js";
import { firstWhere, positionOf } from "./row.js";
import { inForce, OFF } from "./settings.js";
import { STAGES } from "./stages/all.js";
import { apply as divide, scoreOf } from "./stages/temperature.js";

export { sortRow } from "./row.js";

/**
 * @typedef {object} Stage
 * @property {string} name  the setting it obeys
 * @property {number} value  the setting's value, its off value where the strategy ignores it
 * @property {boolean} off
 * @property {number} kept  tokens left after it
 * @property {number} removedMass  probability of what it removed, just before it did
 * @property {number} moved  tokens whose logit it changed, the temperature's aside (it changes all)
 * @property {import("./cuts.js").Stretch} entered  what entered it, a stretch of `order`
 *
 * @typedef {object} Edge  one end of the stretch that a stage left shorter
 * @property {string} name  the stage's
 * @property {number} position  in `order`: the edge lies before the token there
 * @property {boolean} isUpper  whether it removed what stands above, not below (typical-p alone does)
 * @property {number} kept  tokens left after the stage
 *
 * @typedef {object} Candidate
 * @property {number} id
 * @property {number} rank  by raw logit, from 1
 * @property {number} place  by score after penalties and temperature, from 1
 * @property {number} logit  raw
 * @property {number} penalisedLogit  after the penalties
 * @property {number} rawProbability  softmax of the raw logits
 * @property {number} probability  after all stages, 0 if removed
 * @property {string | null} removedBy  the stage that removed it
 */

/**
 * @param {import("./row.js").Row} row
 * @param {number[]} ids  prompt and completion up to this step
 * @param {import("./settings.js").Settings} settings
 * @returns {Distribution}
 */
export function reshape(row, ids, settings) {
  return new Distribution(row, ids, settings);
}

export class Distribution {
  /** @type {Stage[]} all of them, in order, those that are off too */
  stages = [];
  /** @type {Edge[]} where in `order` the cuts lie, in order of the stages */
  edges = [];

  constructor(row, ids, settings) {
    const settingOf = (name) => inForce(settings, name);
    const isOn = ({ name }) => settingOf(name) !== OFF[name];
    const ofKind = (kind) => STAGES.filter((stage) => stage.kind === kind);
    const penalties = ofKind("penalty");
    this.row = row;
    const inUse = penalties.filter(isOn).map((stage) => ({ ...stage, value: settingOf(stage.name) }));
    this.penalised = penalise(row, ids, inUse);
    this.temperature = Math.fround(settingOf("temperature"));
    this.ranking = divide(this.penalised.ranking, this.temperature);
    this.curve = curveOf(this.ranking, this.#others(inUse.length > 0));

    const possible = this.curve.weights.length;
    const record = (name, facts) => {
      const value = settingOf(name);
      const off = value === OFF[name];
      this.stages.push({ name, value, off, moved: 0, removedMass: 0, entered: [0, possible], ...facts });
    };
    let kept = possible + this.penalised.bannedBy.size;
    for (const { name } of penalties) {
      const { moved = 0, banned = 0, removedMass = 0 } = this.penalised.deeds.find((deed) => deed.name === name) ?? {};
      kept -= banned;
      record(name, { kept, moved, removedMass });
    }
    record("temperature", { kept: possible });

    /** @type {import("./cuts.js").Stretch} the positions in `order` that are kept */
    this.stretch = [0, possible];
    for (const { name, apply } of ofKind("cut")) {
      const before = this.stretch;
      if (settingOf(name) !== OFF[name] && possible) this.stretch = apply(this.curve, before, settingOf(name));
      const [first, last] = this.stretch;
      const kept = last - first;
      const shareLeft = possible ? weightOf(this.curve, this.stretch) / weightOf(this.curve, before) : 1;
      record(name, { kept, removedMass: 1 - shareLeft, entered: before });
      if (first > before[0]) this.edges.push({ name, position: first, isUpper: true, kept });
      if (last < before[1]) this.edges.push({ name, position: last, isUpper: false, kept });
    }
    this.keptWeight = weightOf(this.curve, this.stretch);
  }

  /** @returns {[first: number, logSumExp: number] | null} where unknown tokens begin, if their weight together is known */
  #others(areChanged) {
    const { known, others } = this.row;
    return others?.temperature === this.temperature && !areChanged ? [known, others.logSumExp] : null;
  }

  /** @returns {Uint32Array} token ids by score after penalties and temperature, best first; removed ones included */
  get order() {
    return this.ranking.order;
  }

  /** @returns {number} tokens left after all stages */
  get kept() {
    return this.stretch[1] - this.stretch[0];
  }

  /** @returns {number} of the distribution after all stages */
  get entropyBits() {
    return entropyNats(this.curve, this.stretch) / Math.LN2;
  }

  /** @returns {number} the share that the first `count` of `order` hold, before any cut */
  share(count) {
    const { cumulative } = this.curve;
    return cumulative[Math.min(count, cumulative.length - 1)] / cumulative.at(-1);
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
    const penalty = this.penalised.bannedBy.get(id);
    if (penalty) return penalty;
    const position = this.#positionOf(id);
    if (position >= this.curve.weights.length) return null;
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
      penalisedLogit: this.#penalisedLogit(id),
      rawProbability: this.rawProbability(id),
      probability: this.probability(id),
      removedBy: this.removedBy(id),
    };
  }

  /** @returns {Candidate[]} the first `count` of `order` */
  candidates(count) {
    return Array.from(this.order.subarray(0, count), (id) => this.candidate(id));
  }

  #penalisedLogit(id) {
    return this.penalised.changed.get(id) ?? this.row.logits[id];
  }

  #positionOf(id) {
    return positionOf(this.ranking, scoreOf(this.#penalisedLogit(id), this.temperature), id);
  }
}

/**
 * @param {import("./row.js").Ranking} ranking
 * @param {[first: number, logSumExp: number] | null} [others]  the tokens from `first` on share this weight equally
 * @returns {import("./cuts.js").Curve} of the tokens that are possible at all: their scores are above -Infinity
 */
export function curveOf({ scores }, others = null) {
  const possible = firstWhere(0, scores.length, (i) => scores[i] === -Infinity);
  const weights = new Float64Array(possible);
  const cumulative = new Float64Array(possible + 1);
  for (let i = 0; i < possible; i++) {
    weights[i] = others && i >= others[0] ? Math.exp(others[1] - scores[0]) / (possible - others[0]) : Math.exp(scores[i] - scores[0]);
    cumulative[i + 1] = cumulative[i] + weights[i];
  }
  return { scores, weights, cumulative };
}
