/**
 * What the stages that remove tokens share. Each of them gets what the one before left, a stretch [first, last) of a
 * ranking, and leaves a shorter one. Knows nothing of settings or of the page.
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
 *
 * @callback Cut
 * @param {Curve} curve
 * @param {Stretch} stretch  what enters the stage
 * @param {number} value  of its setting
 * @returns {Stretch} what it keeps
 *
 * @callback ValueAt  which value cuts at a place of the curve: for a stage whose cut can be dragged
 * @param {import("./distribution.js").Distribution} shape
 * @param {Stretch} entered  what enters the stage
 * @param {number} n  rank, from 1
 * @param {number} share  height of the curve there
 * @returns {number}
 */

import { firstWhere } from "./row.js";

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

/** Removes what is less probable than `threshold`, but never the most probable tokens. @returns {Stretch} */
export function below({ scores, weights, cumulative }, [first, last], threshold) {
  const total = weightOf({ cumulative }, [first, last]);
  const isRemoved = (i) => Math.fround(weights[i] / total) < threshold && scores[i] < scores[first];
  return [first, firstWhere(first, last, isRemoved)];
}
