/** Top-nσ: keeps the tokens whose logit is at most n standard deviations below the highest one. */

import { firstWhere } from "../row.js";

/** @type {import("../cuts.js").Cut} */
export function apply({ scores }, [first, last], { top_n_sigma }) {
  const lowest = Math.fround(scores[first] - top_n_sigma * deviation(scores, [first, last]));
  return [first, firstWhere(first, last, (i) => scores[i] < lowest)];
}

/** @type {import("../cuts.js").ValueAt} */
export const valueAt = ({ scores }, entered, n) => (scores[entered[0]] - scores[n - 1]) / deviation(scores, entered);

/** @returns {number} the standard deviation of the scores of a stretch */
function deviation(scores, [first, last]) {
  let sum = 0;
  for (let i = first; i < last; i++) sum += scores[i];
  const mean = Math.fround(sum / (last - first));
  let squares = 0;
  for (let i = first; i < last; i++) squares += Math.fround(Math.fround(scores[i] - mean) ** 2);
  return Math.sqrt(squares / (last - first));
}
