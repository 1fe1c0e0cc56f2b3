/**
 * The Gumbel-max way to draw (Gumbel 1954; Maddison, Tarlow and Minka 2014): each token gets Gumbel noise on top of its
 * log-probability, and the token with the largest sum is drawn with just its probability. Pure mathematics.
 */

/**
 * @typedef {object} Runner
 * @property {number} place  of the token among the probabilities
 * @property {number} log  ln p
 * @property {number} noise  Gumbel noise
 * @property {number} sum  ln p + noise
 */

/** @param {number} u  in [0, 1) @returns {number} Gumbel noise: −ln(−ln u) */
export const noiseOf = (u) => -Math.log(-Math.log(u));

/**
 * @param {Float64Array} probabilities  at least one
 * @param {() => number} random  returns another number in [0, 1) for each token, in their order
 * @param {number} [most]  how many of the best are returned
 * @returns {Runner[]} those with the largest sums, the largest first; the first one is drawn
 */
export function race(probabilities, random, most = 1) {
  /** @type {Runner[]} */
  const best = [];
  let bar = Infinity; // e to the power of minus the least sum among the best
  for (let place = 0; place < probabilities.length; place++) {
    const u = random();
    // A sum is above the least one if u > exp(-p · bar), which is at least 1 - p · bar. Most tokens need no logarithm.
    if (best.length === most && u <= 1 - probabilities[place] * bar) continue;
    const log = Math.log(probabilities[place]);
    const noise = noiseOf(u);
    const sum = log + noise;
    if (best.length === most && sum <= best[most - 1].sum) continue;
    const after = best.findIndex((other) => other.sum < sum);
    best.splice(after === -1 ? best.length : after, 0, { place, log, noise, sum });
    if (best.length > most) best.pop();
    if (best.length === most) bar = Math.exp(-best[most - 1].sum);
  }
  return best;
}
