/** Top-k: keeps the k most probable tokens, and all that tie with the last of them. */

import { firstWhere } from "../row.js";

/** @type {import("../cuts.js").Cut} */
export function apply({ scores }, [first, last], { top_k: k }) {
  if (first + k >= last) return [first, last];
  const lowest = scores[first + k - 1];
  return [first, firstWhere(first + k, last, (i) => scores[i] < lowest)];
}

/** @type {import("../cuts.js").ValueAt} */
export const valueAt = (_curve, [first], n) => n - first;
