/**
 * What one stage leaves to the next: the tokens in order, and which stretch of them is left. Knows no stage.
 *
 * Tokens that were removed keep their places around the stretch, so that they can be drawn where they stood. Tokens that
 * cannot be drawn at all, with the score -Infinity, stand at the end.
 */

import { entropyNats, weightOf } from "./cuts.js";
import { inOrder } from "./in_order.js";
import { firstWhere, precedes } from "./row.js";

export class Left {
  /** @type {import("./cuts.js").Curve | null} */
  #curve = null;
  /** @type {Float32Array | null} */
  #byId = null;

  /**
   * @param {import("./row.js").Row} row  the step's own
   * @param {import("./row.js").Ranking} ranking  all tokens, with their scores now
   * @param {import("./cuts.js").Stretch} stretch  those that are left
   * @param {number} possible  how many of the ranking have a score above -Infinity
   * @param {number | null} temperature  by which all raw logits are divided, null if the scores are not that
   */
  constructor(row, ranking, stretch, possible, temperature) {
    this.row = row;
    this.ranking = ranking;
    this.stretch = stretch;
    this.possible = possible;
    this.temperature = temperature;
  }

  /** @param {import("./row.js").Row} row @returns {Left} all tokens, as the model has them */
  static of(row) {
    const possible = firstWhere(0, row.scores.length, (i) => row.scores[i] === -Infinity);
    return new Left(row, row, [0, possible], possible, 1);
  }

  /** @returns {number} how many tokens are left */
  get count() {
    return this.stretch[1] - this.stretch[0];
  }

  /** @returns {import("./cuts.js").Curve} */
  get curve() {
    this.#curve ??= curveOf(this.ranking, { first: this.stretch[0], possible: this.possible, others: this.#others });
    return this.#curve;
  }

  /** @returns {number} the sum of exp(score - the best score) of what is left */
  get weight() {
    const isRow = this.ranking === this.row && this.count === this.possible;
    return isRow ? this.row.totalWeight : weightOf(this.curve, this.stretch);
  }

  /** @returns {number} entropy in bits of what is left */
  get entropyBits() {
    return entropyNats(this.curve, this.stretch) / Math.LN2;
  }

  /** @returns {number} the score of a token, -Infinity if it is removed */
  scoreOf(id) {
    return this.byId[id];
  }

  /** @returns {Float32Array} the scores by token id, -Infinity where removed (vocab,) */
  get byId() {
    if (this.ranking === this.row && this.count === this.possible) return this.row.logits;
    if (!this.#byId) {
      const { order, scores } = this.ranking;
      this.#byId = new Float32Array(order.length).fill(-Infinity);
      for (let i = this.stretch[0]; i < this.stretch[1]; i++) this.#byId[order[i]] = scores[i];
    }
    return this.#byId;
  }

  /** @param {import("./cuts.js").Stretch} stretch @returns {Left} the same tokens, of which fewer are left */
  cut(stretch) {
    const left = new Left(this.row, this.ranking, stretch, this.possible, this.temperature);
    if (stretch[0] === this.stretch[0]) left.#curve = this.#curve; // it begins with the first token that is left
    return left;
  }

  /**
   * @param {Float32Array} scores  of all tokens, in the order of the ranking
   * @param {number | null} temperature  as in the constructor
   * @returns {Left} the tokens with these scores, those that are left in their new order
   */
  rescored(scores, temperature) {
    const order = inOrder(this.ranking.order, scores, this.stretch);
    return new Left(this.row, { order, scores }, this.stretch, this.possible, temperature);
  }

  /**
   * Moves tokens to their new places: one walk, where sorting again costs ten.
   *
   * @param {Map<number, number>} changed  token id -> its score, of tokens that are left; -Infinity removes it
   * @returns {Left}
   */
  moved(changed) {
    if (!changed.size) return this;
    const { order, scores } = this.ranking;
    const [first, last] = this.stretch;
    const isChanged = new Uint8Array(order.length);
    for (const id of changed.keys()) isChanged[id] = 1;
    const movers = [...changed].filter(([, score]) => score > -Infinity).sort(([a, scoreA], [b, scoreB]) => (scoreA === scoreB ? b - a : scoreB - scoreA));
    const next = new Walk(this.ranking, first);
    let from = first; // what stands here and behind it is not written yet
    const takeUntil = (end) => {
      for (; from < end; from++) if (!isChanged[order[from]]) next.put(order[from], scores[from]);
    };
    for (const [id, score] of movers) {
      takeUntil(firstWhere(from, last, (i) => precedes(score, id, scores[i], order[i])));
      next.put(id, score);
    }
    takeUntil(last);
    const banned = [];
    for (const [id, score] of changed) if (score === -Infinity) banned.push(id);
    return this.#after(next, Uint32Array.from(banned));
  }

  /**
   * Adds a number to the scores of some tokens that are left: one walk over those tokens and the others, which are both in
   * order.
   *
   * @param {(id: number) => boolean} isChosen
   * @param {number} bias
   * @returns {Left}
   */
  raised(isChosen, bias) {
    const [first, last] = this.stretch;
    const { order, scores } = this.ranking;
    const added = Math.fround(bias);
    const chosen = [];
    const others = [];
    for (let i = first; i < last; i++) (isChosen(order[i]) ? chosen : others).push(i);
    const raisedAt = (i) => Math.fround(scores[i] + added);
    chosen.sort((i, j) => raisedAt(j) - raisedAt(i) || order[j] - order[i]); // rounding may have made scores equal
    const next = new Walk(this.ranking, first);
    let place = 0;
    const takeBefore = (score, id) => {
      for (; place < others.length && precedes(scores[others[place]], order[others[place]], score, id); place++) {
        next.put(order[others[place]], scores[others[place]]);
      }
    };
    for (const i of chosen) {
      takeBefore(raisedAt(i), order[i]);
      next.put(order[i], raisedAt(i));
    }
    takeBefore(-Infinity, -1);
    return this.#after(next, new Uint32Array());
  }

  /**
   * @param {Float32Array} scores  by token id, -Infinity where a stage removed it
   * @returns {Left} the tokens with these scores. Where it is only shorter, the removed ones keep their places; else they
   *   cannot be drawn any more
   */
  scored(scores) {
    const stretch = this.#keptBy(scores);
    if (stretch) return this.cut(stretch);
    const left = this.only((id) => scores[id] > -Infinity);
    const next = left.ranking.scores.slice();
    for (let i = left.stretch[0]; i < left.stretch[1]; i++) next[i] = scores[left.ranking.order[i]];
    return next.every((score, i) => score === left.ranking.scores[i]) ? left : left.rescored(next, null);
  }

  /** @returns {import("./cuts.js").Stretch | null} what is left, if scores only shorten the stretch */
  #keptBy(scores) {
    const { order, scores: before } = this.ranking;
    let [first, last] = this.stretch;
    while (first < last && scores[order[first]] === -Infinity) first++;
    while (first < last && scores[order[last - 1]] === -Infinity) last--;
    for (let i = first; i < last; i++) if (scores[order[i]] !== before[i]) return null;
    return [first, last];
  }

  /**
   * Those that go stand in the order of their scores before all others that cannot be drawn, so that a reader sees first
   * what was most probable.
   *
   * @param {(id: number) => boolean} isAllowed
   * @returns {Left} without the tokens that are not allowed
   */
  only(isAllowed) {
    const { order, scores } = this.ranking;
    const [first, last] = this.stretch;
    const banned = order.subarray(first, last).filter((id) => !isAllowed(id));
    if (!banned.length) return this;
    const next = new Walk(this.ranking, first);
    for (let i = first; i < last; i++) if (isAllowed(order[i])) next.put(order[i], scores[i]);
    const allowed = next.place;
    next.take(this.ranking, last, this.possible);
    const possible = next.place;
    for (const id of banned) next.put(id, -Infinity);
    next.take(this.ranking, this.possible, order.length);
    return new Left(this.row, next.ranking, [first, allowed], possible, null);
  }

  /** @param {Walk} next  with what is left @param {Uint32Array} banned  tokens that cannot be drawn any more */
  #after(next, banned) {
    const { order } = this.ranking;
    const last = next.place;
    next.take(this.ranking, this.stretch[1], banned.length ? this.possible : order.length);
    if (!banned.length) return new Left(this.row, next.ranking, [this.stretch[0], last], this.possible, null);
    const possible = next.place;
    banned.sort().reverse();
    let ban = 0;
    for (let i = this.possible; i < order.length; i++) {
      while (ban < banned.length && banned[ban] > order[i]) next.put(banned[ban++], -Infinity);
      next.put(order[i], -Infinity);
    }
    while (ban < banned.length) next.put(banned[ban++], -Infinity);
    return new Left(this.row, next.ranking, [this.stretch[0], last], possible, null);
  }

  /** @returns {[first: number, logSumExp: number] | null} where unknown tokens begin, if their weight together is known */
  get #others() {
    const { known, others } = this.row;
    return others && others.temperature === this.temperature ? [known, others.logSumExp] : null;
  }
}

/** Writes a ranking from a place on. What stands before it is that of another ranking. */
class Walk {
  constructor(ranking, place) {
    const size = ranking.order.length;
    this.ranking = { order: new Uint32Array(size), scores: new Float32Array(size) };
    this.place = 0;
    this.take(ranking, 0, place);
  }

  /** Writes a stretch of another ranking as it is. */
  take({ order, scores }, first, last) {
    this.ranking.order.set(order.subarray(first, last), this.place);
    this.ranking.scores.set(scores.subarray(first, last), this.place);
    this.place += last - first;
  }

  put(id, score) {
    this.ranking.order[this.place] = id;
    this.ranking.scores[this.place++] = score;
  }
}

/**
 * @param {Pick<import("./row.js").Ranking, "scores">} ranking
 * @param {object} [parts]
 * @param {number} [parts.first]  the first token that is left: weights are relative to its score, and sums begin there
 * @param {number} [parts.possible]  tokens whose scores are above -Infinity
 * @param {[first: number, logSumExp: number] | null} [parts.others]  tokens from `first` on are not known one by one
 * @returns {import("./cuts.js").Curve} of the tokens that are possible at all
 */
export function curveOf({ scores }, { first = 0, possible = firstWhere(0, scores.length, (i) => scores[i] === -Infinity), others = null } = {}) {
  const weights = new Float64Array(possible);
  const cumulative = new Float64Array(possible + 1);
  const best = scores[first];
  const known = others ? Math.min(others[0], possible) : possible;
  for (let i = 0; i < known; i++) weights[i] = Math.exp(scores[i] - best);
  if (others) weights.fill(Math.exp(others[1] - best) / (possible - known), known);
  for (let i = first; i < possible; i++) cumulative[i + 1] = cumulative[i] + weights[i];
  for (let i = first; i > 0; i--) cumulative[i - 1] = cumulative[i] - weights[i - 1];
  return { scores, weights, cumulative };
}

/** @returns {number} the probability of the stretch's tokens among all that are possible */
export const shareOf = (curve, stretch) => weightOf(curve, stretch) / (curve.cumulative.at(-1) - curve.cumulative[0]);
