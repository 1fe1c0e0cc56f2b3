/** Temperature: divides all scores, by a fixed number or by one that follows the entropy. */

import { entropyNats } from "../cuts.js";

const COLDEST = 1e-12; // instead of 0: it separates any two scores, and divides them without an overflow

/** @type {import("../cuts.js").Reshape} */
export function apply(scores, stretch, values, curve) {
  const divisor = Math.fround(values.dynatemp_range ? dynamic(stretch, values, curve()).temperature : values.temperature);
  return divisor === 1 ? scores : scores.map((score) => score / divisor); // stored as float32
}

export const isOn = ({ temperature, dynatemp_range }) => temperature !== 1 || dynatemp_range > 0;

/**
 * @param {import("../cuts.js").Stretch} stretch  what is left
 * @param {Record<string, any>} values  of the stage's settings
 * @param {import("../cuts.js").Curve} curve
 * @returns {{temperature: number, low: number, high: number, entropyNats: number, flatness: number}} the temperature for the
 *   entropy of what is left; 1 for a lone token, which has none to follow. The flatness is the entropy's share of the highest
 */
export function dynamic([first, last], { temperature, dynatemp_range, dynatemp_exponent }, curve) {
  const [low, high] = [Math.max(0, temperature - dynatemp_range), temperature + dynatemp_range];
  if (last - first < 2) return { temperature: 1, low, high, entropyNats: 0, flatness: 0 };
  const entropy = entropyNats(curve, [first, last]);
  const flatness = entropy / Math.log(last - first);
  return { temperature: Math.max(COLDEST, low + (high - low) * flatness ** dynatemp_exponent), low, high, entropyNats: entropy, flatness };
}
