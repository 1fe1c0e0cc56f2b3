/** Temperature: divides all scores, by a fixed number or by one that follows the entropy. */

import { entropyNats } from "../cuts.js";

const COLDEST = 1e-12; // instead of 0: it separates any two scores, and divides them without an overflow

/** @type {import("../cuts.js").Reshape} */
export function apply(scores, stretch, values, curve) {
  const divisor = Math.fround(values.dynatemp_range ? dynamic(stretch, values, curve()) : values.temperature);
  return divisor === 1 ? scores : scores.map((score) => score / divisor); // stored as float32
}

export const isOn = ({ temperature, dynatemp_range }) => temperature !== 1 || dynatemp_range > 0;

/**
 * @param {import("../cuts.js").Stretch} stretch  what is left
 * @param {Record<string, any>} values  of the stage's settings
 * @param {import("../cuts.js").Curve} curve
 * @returns {number} the temperature for the entropy of what is left; 1 for a lone token, which has none to follow
 */
function dynamic([first, last], { temperature, dynatemp_range, dynatemp_exponent }, curve) {
  if (last - first < 2) return 1;
  const [low, high] = [Math.max(0, temperature - dynatemp_range), temperature + dynatemp_range];
  const flatness = entropyNats(curve, [first, last]) / Math.log(last - first);
  return Math.max(COLDEST, low + (high - low) * flatness ** dynatemp_exponent);
}
