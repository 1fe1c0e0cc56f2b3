/**
 * Counts draws of one distribution, and says whether the counts agree with its probabilities. Knows distributions, not who
 * draws: a reader, or the pupils of a class.
 */

import { fixed, t, tn } from "../common/language.js";
import { count } from "../common/words.js";
import { chiSquare } from "../distribution/chi_square.js";

const LEAST_P = 0.001; // smaller ones are not written

/** Counted draws of one distribution. */
export class Draws {
  total = 0;
  /** @type {Map<number, number>} by the token's id */
  #counts = new Map();

  /** @param {Record<string, number>} counts  by the token's id @returns {Draws} */
  static of(counts) {
    const draws = new Draws();
    for (const [id, times] of Object.entries(counts)) draws.add(Number(id), times);
    return draws;
  }

  /** @param {number} id @param {number} [times] */
  add(id, times = 1) {
    this.total += times;
    this.#counts.set(id, this.of(id) + times);
  }

  /** @param {number} id @returns {number} how often it was drawn */
  of(id) {
    return this.#counts.get(id) ?? 0;
  }

  /** @returns {number | null} a candidate's share of the draws; null before any draw, or if it cannot be drawn */
  share({ id, probability }) {
    return this.total && probability > 0 ? this.of(id) / this.total : null;
  }

  /** Returns a candidate's count and its expected count: "305, 312.4"; "" before any draw. */
  told({ id, probability }) {
    return this.share({ id, probability }) !== null ? `${count(this.of(id))}, ${fixed(this.total * probability, 1)}` : "";
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

/**
 * @param {Draws} draws
 * @param {import("../distribution/distribution.js").Distribution} shape  what was drawn from
 * @returns {string} a sentence about the chi-square test of the counts, "" before any draw
 */
export function fitInWords(draws, shape) {
  if (!draws.total) return "";
  const made = tn("{n} draw", "{n} draws", draws.total);
  if (shape.kept === 1) return t("{draws}: only one token is left to draw.", { draws: made });
  const fit = draws.fit(shape);
  if (!fit) return t("{draws}: too few for a test. The counts are beside the bars.", { draws: made });
  const values = { draws: made, groups: fit.degrees + 1, statistic: fixed(fit.statistic, 1) };
  if (fit.pValue < LEAST_P) return t("{draws} in {groups} groups: χ² = {statistic}, p < {p}", { ...values, p: fixed(LEAST_P, 3) });
  return t("{draws} in {groups} groups: χ² = {statistic}, p = {p}", { ...values, p: fixed(fit.pValue, 3) });
}
