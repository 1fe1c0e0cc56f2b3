/** Temperature: divides all scores. */

import { firstWhere } from "../row.js";

/**
 * Temperature keeps the order, but two scores can round to the same quotient: then the ids decide, as for any tie.
 *
 * @param {import("../row.js").Ranking} ranking
 * @param {number} temperature  float32
 * @returns {import("../row.js").Ranking}
 */
export function apply(ranking, temperature) {
  if (temperature === 1) return ranking;
  let { order } = ranking;
  const scores = ranking.scores.map((score) => score / temperature); // stored as float32
  for (let end = 1; end < scores.length; end++) {
    if (scores[end] !== scores[end - 1] || order[end] < order[end - 1]) continue;
    const start = firstWhere(0, end, (i) => scores[i] === scores[end]);
    while (end < scores.length && scores[end] === scores[start]) end++;
    if (order === ranking.order) order = order.slice();
    order.subarray(start, end).sort().reverse();
  }
  return { order, scores };
}

/** @returns {number} what it makes of one score */
export const scoreOf = (score, temperature) => Math.fround(score / Math.fround(temperature));
