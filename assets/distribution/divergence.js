/** How far one distribution over the vocabulary is from another. Pure mathematics; knows nothing of the page. */

/**
 * @param {import("./row.js").Row} row
 * @returns {Float64Array} softmax of the raw logits, by token id (vocab,)
 */
export function rawProbabilities(row) {
  return Float64Array.from(row.logits, (logit) => Math.exp(logit - row.scores[0]) / row.totalWeight);
}

/**
 * @param {import("./distribution.js").Distribution} shape
 * @returns {Float64Array} after all stages, by token id (vocab,); 0 where removed
 */
export function probabilities(shape) {
  const found = new Float64Array(shape.order.length);
  const [first, last] = shape.stretch;
  for (let i = first; i < last; i++) found[shape.order[i]] = shape.curve.weights[i] / shape.keptWeight;
  return found;
}

/**
 * The Kullback–Leibler divergence: the bits a code made for q wastes on tokens drawn from p.
 *
 * @param {Float64Array} p
 * @param {Float64Array} q
 * @returns {number} Infinity if p draws what q never does
 */
export function divergenceBits(p, q) {
  let bits = 0;
  for (let id = 0; id < p.length; id++) {
    if (p[id] === 0) continue;
    if (q[id] === 0) return Infinity;
    bits += p[id] * Math.log2(p[id] / q[id]);
  }
  return Math.max(0, bits);
}

/**
 * Total variation: the most by which the two differ on the probability of any set of tokens.
 *
 * @param {ArrayLike<number>} p
 * @param {ArrayLike<number>} q  as long as p
 * @returns {number} from 0 (equal) to 1 (no token in common)
 */
export function totalVariation(p, q) {
  let sum = 0;
  for (let place = 0; place < p.length; place++) sum += Math.abs(p[place] - q[place]);
  return sum / 2;
}
