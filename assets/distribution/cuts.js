/**
 * What the stages that remove tokens share. Each of them gets what the one before left, a stretch [first, last) of a
 * ranking, and leaves a shorter one. Knows nothing of settings or of the page.
 *
 * transformers compares float32 numbers, so both sides of a comparison are rounded (`Math.fround`) before it: of ten
 * equal logits top-p 0.9 keeps nine there, and ten in exact arithmetic.
 *
 * @typedef {object} Curve
 * @property {Float32Array} scores  best first (vocab,)
 * @property {Float64Array} weights  exp(score - the best score that is left)
 * @property {Float64Array} cumulative  cumulative[j] - cumulative[i]: sum of the weights from i to j (vocab + 1,)
 *
 * @typedef {[first: number, last: number]} Stretch
 *
 * @callback Cut
 * @param {Curve} curve
 * @param {Stretch} stretch  what enters the stage
 * @param {Record<string, any>} values  of its settings
 * @param {import("./moment.js").Moment} moment
 * @returns {Stretch} what it keeps
 *
 * @callback Reshape  a stage that changes all scores
 * @param {Float32Array} scores  of all tokens; those before the stretch and behind it are removed
 * @param {Stretch} stretch  what is left
 * @param {Record<string, any>} values  of its settings
 * @param {() => Curve} curve  returns the curve of the scores
 * @returns {Float32Array} the new scores
 *
 * @callback ValueAt  which value cuts at a place of the curve: for a stage whose cut can be dragged
 * @param {Curve} curve  that enters the stage
 * @param {Stretch} entered  what enters the stage
 * @param {number} n  rank, from 1
 * @param {number} held  `cumulative` at the height of the pointer
 * @returns {number}
 */

import { firstWhere } from "./row.js";

/** @returns {number} the sum of the stretch's weights */
export function weightOf({ cumulative }, [first, last]) {
  return cumulative[last] - cumulative[first];
}

/** @returns {number} entropy in nats of the softmax over a stretch, which begins where the curve's sums begin. */
export function entropyNats({ scores, weights, cumulative }, [first, last]) {
  const total = weightOf({ cumulative }, [first, last]);
  let energy = 0;
  for (let i = first; i < last; i++) energy += weights[i] * (scores[i] - scores[first]);
  return Math.log(total) - energy / total;
}

/** Removes what is less probable than `threshold`, but never the most probable tokens. @returns {Stretch} */
export function below({ scores, weights, cumulative }, [first, last], threshold) {
  const total = weightOf({ cumulative }, [first, last]);
  const isRemoved = (i) => Math.fround(weights[i] / total) < threshold && scores[i] < scores[first];
  return [first, firstWhere(first, last, isRemoved)];
}
