/**
 * The stages that remove tokens. Each sees what the one before left: a stretch [first, last) of a ranking, and leaves a
 * shorter one. Knows nothing of settings or of the page.
 *
 * transformers compares float32 numbers, so both sides of a comparison are rounded (`Math.fround`) before it: of ten
 * equal logits top-p 0.9 keeps nine there, and ten in exact arithmetic.
 *
 * @typedef {object} Curve
 * @property {Float32Array} scores  best first (vocab,)
 * @property {Float64Array} weights  exp(score - best score)
 * @property {Float64Array} cumulative  cumulative[i]: sum of the first i weights (vocab + 1,)
 *
 * @typedef {[first: number, last: number]} Stretch
 */

import { firstWhere } from "./row.js";

/**
 * By name of the setting, in order.
 *
 * @type {Record<string, (curve: Curve, stretch: Stretch, value: number) => Stretch>}
 */
export const CUTS = {
  top_k: topK,
  top_p: topP,
  min_p: minP,
  typical_p: typicalP,
  epsilon_cutoff: (curve, stretch, epsilon) => below(curve, stretch, Math.fround(epsilon)),
  eta_cutoff: etaCutoff,
};

/** @returns {number} the sum of the stretch's weights */
export function weightOf({ cumulative }, [first, last]) {
  return cumulative[last] - cumulative[first];
}

/** @returns {number} entropy in nats of the softmax over the stretch. */
export function entropyNats({ scores, weights, cumulative }, [first, last]) {
  const total = weightOf({ cumulative }, [first, last]);
  let energy = 0;
  for (let i = first; i < last; i++) energy += weights[i] * (scores[i] - scores[0]);
  return Math.log(total) - energy / total;
}

/** Ties with the k-th token are kept. */
function topK({ scores }, [first, last], k) {
  if (first + k >= last) return [first, last];
  const lowest = scores[first + k - 1];
  return [first, firstWhere(first + k, last, (i) => scores[i] < lowest)];
}

/** A token goes if it and all below it hold at most 1 - p together: the token that crosses p stays. */
function topP(curve, [first, last], p) {
  const total = weightOf(curve, [first, last]);
  const allowance = Math.fround(1 - p);
  const isRemoved = (i) => Math.fround(weightOf(curve, [i, last]) / total) <= allowance;
  return [first, firstWhere(first + 1, last, isRemoved)];
}

function minP(curve, [first, last], share) {
  const highest = Math.fround(curve.weights[first] / weightOf(curve, [first, last]));
  return below(curve, [first, last], Math.fround(Math.fround(share) * highest));
}

function etaCutoff(curve, stretch, eta) {
  const epsilon = Math.fround(eta);
  const entropy = Math.fround(entropyNats(curve, stretch));
  return below(curve, stretch, Math.min(epsilon, Math.fround(Math.sqrt(epsilon) * Math.exp(-entropy))));
}

/** Removes what is less probable than `threshold`, but never the most probable tokens. */
function below({ scores, weights, cumulative }, [first, last], threshold) {
  const total = weightOf({ cumulative }, [first, last]);
  const isRemoved = (i) => Math.fround(weights[i] / total) < threshold && scores[i] < scores[first];
  return [first, firstWhere(first, last, isRemoved)];
}

/**
 * Keeps the tokens whose surprise is nearest the entropy until they hold `mass`, with ties. Surprise rises along the
 * ranking, so the nearest ones are found by walking outwards from the entropy in both directions.
 */
function typicalP(curve, [first, last], mass) {
  const { scores, weights } = curve;
  const total = weightOf(curve, [first, last]);
  const logTotal = Math.fround(Math.log(total / weights[first]));
  const surprise = (i) => -Math.fround(Math.fround(scores[i] - scores[first]) - logTotal);
  const entropy = Math.fround(entropyNats(curve, [first, last]));
  const distance = (i) => (i < first || i >= last ? Infinity : Math.abs(Math.fround(surprise(i) - entropy)));

  let right = firstWhere(first, last, (i) => surprise(i) >= entropy);
  let left = right - 1;
  let held = 0;
  let reach = 0;
  while (left >= first || right < last) {
    const nearest = distance(left) <= distance(right) ? left-- : right++;
    reach = distance(nearest);
    held += weights[nearest] / total;
    if (Math.fround(held) >= Math.fround(mass)) break;
  }
  while (distance(left) <= reach) left--;
  while (distance(right) <= reach) right++;
  return [left + 1, right];
}
