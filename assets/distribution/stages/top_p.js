/** Top-p: keeps the most probable tokens whose sum reaches p. */

import { weightOf } from "../cuts.js";
import { firstWhere } from "../row.js";

/**
 * A token goes if it and all below it hold at most 1 - p together: the token that crosses p stays.
 *
 * @type {import("../cuts.js").Cut}
 */
export function apply(curve, [first, last], { top_p: p }) {
  const total = weightOf(curve, [first, last]);
  const allowance = Math.fround(1 - p);
  const isRemoved = (i) => Math.fround(weightOf(curve, [i, last]) / total) <= allowance;
  return [first, firstWhere(first + 1, last, isRemoved)];
}

/** @type {import("../cuts.js").ValueAt} */
export function valueAt({ cumulative }, [first, last], _n, held) {
  return (held - cumulative[first]) / (cumulative[last] - cumulative[first]);
}
