/**
 * How far apart two distributions over one row are, and which tokens only one of them can draw. Pure mathematics.
 *
 * It asks which tokens are kept, and not which have a probability above 0: under a low temperature float64 has no number
 * for the probability of a token that is kept.
 *
 * @typedef {import("./distribution.js").Distribution} Distribution
 *
 * @typedef {object} Apart
 * @property {number[]} klBits  KL(one ‖ other) and KL(other ‖ one); Infinity if the first keeps what the second removes
 * @property {number} totalVariation  from 0 (equal) to 1 (no token in common)
 * @property {number[][]} lone  ids of the tokens that only the one keeps, and only the other, most probable first
 * @property {number[]} loneShares  what these hold under the distribution that keeps them
 */

/**
 * @param {Distribution[]} shapes  two distributions of the same row, each of which keeps a token
 * @returns {Apart}
 */
export function apart(shapes) {
  const logs = shapes.map(logProbabilities);
  const kept = shapes.map(({ order, stretch: [first, last] }) => order.subarray(first, last));
  const lone = kept.map((ids, side) => Array.from(ids.filter((id) => logs[1 - side][id] === -Infinity)));
  const loneShares = lone.map((ids, side) => ids.reduce((sum, id) => sum + Math.exp(logs[side][id]), 0));
  const klBits = kept.map((ids, side) => (lone[side].length ? Infinity : divergenceBits(ids, logs[side], logs[1 - side])));
  const [p, q] = logs;
  const common = kept[0].reduce((sum, id) => sum + Math.abs(Math.exp(p[id]) - Math.exp(q[id])), 0);
  return { klBits, totalVariation: (common + loneShares[1]) / 2, lone, loneShares };
}

/** @param {Distribution} shape @returns {Float64Array} by token id (vocab,), in nats; -Infinity where removed */
function logProbabilities({ order, left, keptWeight, stretch: [first, last] }) {
  const { scores } = left.ranking;
  const logs = new Float64Array(order.length).fill(-Infinity);
  const total = scores[first] + Math.log(keptWeight);
  for (let i = first; i < last; i++) logs[order[i]] = scores[i] - total;
  return logs;
}

const divergenceBits = (ids, p, q) => Math.max(0, ids.reduce((sum, id) => sum + Math.exp(p[id]) * (p[id] - q[id]), 0) / Math.LN2);

/**
 * Chooses the tokens with which two distributions are compared: the most probable ones of either, and among them some that
 * only one of them keeps, if there are any.
 *
 * @param {Distribution[]} shapes  as for `apart`
 * @param {Apart} found
 * @param {number} most  how many tokens
 * @param {number} fewestLone  how many of them only one keeps, if there are so many
 * @returns {{id: number, shares: number[]}[]} with both probabilities, the most probable one first
 */
export function chosenTokens(shapes, { lone }, most, fewestLone) {
  const tokenOf = (id) => ({ id, shares: shapes.map((shape) => shape.probability(id)) });
  const best = ({ shares }) => Math.max(...shares);
  const byShare = (ids) => [...new Set(ids)].map(tokenOf).sort((a, b) => best(b) - best(a) || b.id - a.id);
  const top = byShare(shapes.flatMap(({ order, stretch: [first, last] }) => Array.from(order.subarray(first, Math.min(last, first + most)))));
  const alone = byShare(lone.flatMap((ids) => ids.slice(0, fewestLone))).slice(0, fewestLone).map(({ id }) => id);
  const common = top.map(({ id }) => id).filter((id) => !alone.includes(id));
  return byShare([...alone, ...common.slice(0, most - alone.length)]);
}
