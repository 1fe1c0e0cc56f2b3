/** Typical-p: keeps the tokens whose surprise is nearest the entropy, up to a mass. */

import { entropyNats, weightOf } from "../cuts.js";
import { firstWhere } from "../row.js";

/**
 * Keeps the tokens whose surprise is nearest the entropy until they hold `mass`, with ties. Surprise rises along the
 * ranking, so the nearest ones are found by walking outwards from the entropy in both directions.
 *
 * @type {import("../cuts.js").Cut}
 */
export function apply(curve, [first, last], { typical_p: mass }) {
  const { scores, weights } = curve;
  const total = weightOf(curve, [first, last]);
  const logTotal = Math.fround(Math.log(total / weights[first]));
  const surprise = (i) => -Math.fround(Math.fround(scores[i] - scores[first]) - logTotal);
  const entropy = Math.fround(entropyNats(curve, [first, last]));
  const distance = (i) => (i < first || i >= last ? Infinity : Math.abs(Math.fround(surprise(i) - entropy)));

  let right = firstWhere(first, last, (i) => surprise(i) >= entropy);
  let left = right - 1;
  let held = 0;
  let reach = 0;
  while (left >= first || right < last) {
    const nearest = distance(left) <= distance(right) ? left-- : right++;
    reach = distance(nearest);
    held += weights[nearest] / total;
    if (Math.fround(held) >= Math.fround(mass)) break;
  }
  while (distance(left) <= reach) left--;
  while (distance(right) <= reach) right++;
  return [left + 1, right];
}
