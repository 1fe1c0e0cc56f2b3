/** Min-p: keeps tokens at least this share as probable as the most probable one. */

import { below, weightOf } from "../cuts.js";

/** @type {import("../cuts.js").Cut} */
export function apply(curve, [first, last], { min_p: share }) {
  const highest = Math.fround(curve.weights[first] / weightOf(curve, [first, last]));
  return below(curve, [first, last], Math.fround(Math.fround(share) * highest));
}

/** @type {import("../cuts.js").ValueAt} */
export const valueAt = (curve, [first], n) => curve.weights[n - 1] / curve.weights[first];
