/** XTC: now and then removes all top choices but the least probable one. */

import { weightOf } from "../cuts.js";
import { chanceOf } from "../moment.js";
import { firstWhere } from "../row.js";

const STREAM = 1; // which of the step's random numbers decides; the draw of the token has number 0

/** @type {import("../cuts.js").Cut} */
export function apply(curve, [first, last], { xtc_probability, xtc_threshold }, moment) {
  if (chanceOf(moment, STREAM) >= xtc_probability) return [first, last];
  const total = weightOf(curve, [first, last]);
  const threshold = Math.fround(xtc_threshold);
  const end = firstWhere(first, last, (i) => Math.fround(curve.weights[i] / total) < threshold);
  return [Math.max(first, end - 1), last];
}
