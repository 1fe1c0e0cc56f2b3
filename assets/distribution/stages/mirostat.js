/** Mirostat 1 and 2: a cut that moves with the surprise of the text so far. */

import { below } from "../cuts.js";
import { apply as topK } from "./top_k.js";

const MOST = 100; // version 1 looks at so many tokens to see how steep the distribution is

/** @type {import("../cuts.js").Cut} */
export function apply(curve, stretch, values, moment) {
  const mu = highestSurprise(values, moment.surprises);
  if (values.mirostat === 1) return topK(curve, stretch, { top_k: bestCount(curve.scores, stretch, mu) }, moment);
  return below(curve, stretch, Math.fround(2 ** -Math.max(mu, 0)));
}

/**
 * @param {Record<string, any>} values  of the stage's settings
 * @param {number[]} surprises  of the completion's tokens, in bits
 * @returns {number} the paper's mu in bits
 */
function highestSurprise({ mirostat_tau, mirostat_eta }, surprises) {
  const counted = surprises.filter(Number.isFinite); // not of a token that was given although it was removed
  return counted.reduce((mu, surprise) => mu - mirostat_eta * (surprise - mirostat_tau), 2 * mirostat_tau);
}

/** @returns {number} how many tokens hold the surprise `mu` under Zipf's law, with the exponent of the best ones */
function bestCount(scores, [first, last], mu) {
  let [product, squares] = [0, 0];
  for (let place = 1; place < Math.min(MOST, last - first); place++) {
    const step = Math.log((place + 1) / place);
    product += step * (scores[first + place - 1] - scores[first + place]);
    squares += step * step;
  }
  const exponent = product / Math.max(squares, 1e-9);
  const [logarithm, excess] = [Math.log(last - first), exponent - 1];
  const spread = excess === 0 ? logarithm : -Math.expm1(-excess * logarithm) / excess;
  const reach = mu * Math.LN2 - Math.log(spread);
  if (!(reach > 0)) return 1;
  return reach >= exponent * logarithm ? last - first : Math.max(1, Math.floor(Math.exp(reach / exponent)));
}
