/** Temperature: divides all scores. */

/** @type {import("../cuts.js").Reshape} */
export function apply(scores, _stretch, { temperature }) {
  const divisor = Math.fround(temperature);
  return divisor === 1 ? scores : scores.map((score) => score / divisor); // stored as float32
}
