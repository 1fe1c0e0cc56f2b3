/**
 * Draws a distribution as a band: the kept tokens lie end to end, each as wide as its probability, and a mark shows where
 * the random number u falls. Draws what it is given.
 */

import { make } from "../common/dom.js";
import { tn } from "../common/language.js";
import { percent } from "../common/words.js";

const SEGMENTS = 24;

/**
 * @param {(id: number) => string} textOf
 * @param {import("../distribution/distribution.js").Distribution} shape  after all stages
 * @param {number | null} u  null if nothing is drawn
 * @param {number} chosen  the id of the token that was chosen
 * @param {string} name  what the distribution belongs to
 */
export function ribbon(textOf, shape, u, chosen, name) {
  const { order, curve, keptWeight, stretch: [first, last] } = shape;
  const band = make("div", "pg-ribbon-band");
  for (let place = first; place < Math.min(last, first + SEGMENTS); place++) {
    const share = curve.weights[place] / keptWeight;
    const segment = make("span", "pg-segment", share > 0.04 ? textOf(order[place]) : "");
    segment.style.width = `${100 * share}%`;
    segment.title = `${textOf(order[place])}: ${percent(share)}`;
    segment.classList.toggle("pg-drawn", order[place] === chosen);
    band.append(segment);
  }
  if (last > first + SEGMENTS) band.append(rest(shape, chosen));
  const mark = make("span", "pg-luck-u", "▼");
  mark.hidden = u === null;
  mark.style.setProperty("--pg-u", String(u ?? 0));
  return make("div", "pg-luck-ribbon", make("div", "pg-luck-name", name), make("div", "pg-luck-plot", mark, band));
}

/** Makes one segment for all kept tokens that have no segment of their own. */
function rest({ order, curve, keptWeight, stretch: [first, last] }, chosen) {
  const start = first + SEGMENTS;
  const share = (curve.cumulative[last] - curve.cumulative[start]) / keptWeight;
  const words = tn("{n} more", "{n} more", last - start);
  const segment = make("span", "pg-segment pg-rest", share > 0.08 ? words : "");
  segment.style.width = `${100 * share}%`;
  segment.title = `${words}: ${percent(share)}`;
  segment.classList.toggle("pg-drawn", order.indexOf(chosen) >= start);
  return segment;
}
