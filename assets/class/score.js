/**
 * Scores the answers of a class by the model: how surprised it is by them. Pure.
 *
 * @typedef {object} Score
 * @property {number | null} bits  the mean of −log2 p over the answers that are tokens, p the model's own probability at
 *   temperature 1 with nothing cut; null if there is none
 * @property {number} scored  how many answers that are
 * @property {import("./answered.js").Answered[]} noTokens  answers that are no single token of the model, which have no p
 * @property {number} impossible  answers to which the model itself gives the probability 0
 * @property {number} cut  answers that are scored, and that the settings in view have removed
 */

import { countOf } from "./answered.js";

/**
 * @param {import("./answered.js").Answered[]} answered
 * @param {{rawProbability: (id: number) => number, probability: (id: number) => number}} shape  the step's distribution
 * @returns {Score}
 */
export function scoreOf(answered, shape) {
  const tokens = answered.filter(({ id }) => id !== null);
  const possible = tokens.filter(({ id }) => shape.rawProbability(id) > 0);
  const scored = countOf(possible);
  const sum = possible.reduce((bits, { id, count }) => bits - count * Math.log2(shape.rawProbability(id)), 0);
  return {
    bits: scored ? sum / scored : null,
    scored,
    noTokens: answered.filter(({ id }) => id === null),
    impossible: countOf(tokens) - scored,
    cut: countOf(possible.filter(({ id }) => shape.probability(id) === 0)),
  };
}

/** Of rows, which stay in view while a slider moves. @type {WeakMap<object, {entropy: number, least: number}>} */
const known = new WeakMap();

/**
 * @param {import("../distribution/row.js").Row} row  a step's raw logits
 * @returns {{entropy: number, least: number}} in bits, of the model's own distribution at temperature 1 with nothing cut:
 *   the mean surprisal of answers that the model itself draws, and the surprisal of its most probable token
 */
export function bestScores(row) {
  if (!known.has(row)) known.set(row, computed(row));
  return known.get(row);
}

function computed({ scores, totalWeight }) {
  const logTotal = Math.log(totalWeight);
  let nats = 0;
  for (const score of scores) {
    const log = score - scores[0] - logTotal;
    const p = Math.exp(log);
    if (p > 0) nats -= p * log;
  }
  return { entropy: nats / Math.LN2, least: logTotal / Math.LN2 };
}
