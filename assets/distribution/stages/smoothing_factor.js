/** Quadratic sampling, with a cubic part: bends all scores into a parabola below the best one. */

const LOWEST = Math.fround(-1e18); // its probability is 0 long before, and float32 could not hold the cube

/**
 * With a curve above 3 a score a little below the best one ends above it, so the order can change.
 *
 * @type {import("../cuts.js").Reshape}
 */
export function apply(scores, [first], { smoothing_factor, smoothing_curve }) {
  const { fround } = Math;
  const factor = fround(smoothing_factor);
  const [square, cube] = [fround((3 - smoothing_curve) / 2), fround((smoothing_curve - 1) / 2)];
  const best = scores[first];
  return scores.map((score) => {
    if (score === -Infinity) return score;
    const below = fround(score - best);
    const bend = fround(square - fround(below * cube));
    const fall = fround(fround(fround(below * factor) * below) * bend);
    return best + Math.max(-fall, LOWEST); // stored as float32
  });
}
