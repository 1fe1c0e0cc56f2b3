/** Top-a: keeps tokens at least as probable as a share of the highest probability's square. */

import { below, weightOf } from "../cuts.js";

/** @type {import("../cuts.js").Cut} */
export function apply(curve, [first, last], { top_a }) {
  const highest = Math.fround(curve.weights[first] / weightOf(curve, [first, last]));
  return below(curve, [first, last], Math.fround(Math.fround(highest * highest) * Math.fround(top_a)));
}

/** @type {import("../cuts.js").ValueAt} */
export function valueAt({ weights, cumulative }, entered, n) {
  const [total, highest] = [weightOf({ cumulative }, entered), weights[entered[0]]];
  return (weights[n - 1] * total) / highest ** 2;
}
