/**
 * Says in plain words what the chart of accuracy shows: how often the latest line is right after fewer and after more
 * examples, whether chance alone may explain that, and what the label words have. Knows no page.
 *
 * @typedef {import("./result_tables.js").Result} Result
 */

import { t, tn } from "../common/language.js";
import { percent } from "../common/words.js";

/** @param {Result[]} results  the lines of the chart, each with a number of shots that was tried @returns {string} two or three sentences */
export function accuracyCaptionOf(results) {
  const { name, shots } = results.at(-1);
  const tried = shots.filter(({ items }) => items > 0);
  const [first, last] = [tried[0], tried.at(-1)];
  const said = first === last ? [alone(name, first)] : [between(name, first, last), chance(first, last), shares(first, last)];
  if (results.length > 1) said.push(tn("{n} other line shows another run.", "{n} other lines show other runs.", results.length - 1));
  return said.join(" ");
}

/** One number of examples. */
function alone(run, point) {
  const right = t("“{run}” is right on {right}.", { run, right: rightOn(point) });
  const bar = t("Chance alone may move that from {low} to {high}, as far as the bar reaches.", { low: percent(point.low), high: percent(point.high) });
  return [right, bar, t("The label words have {share} of the probability.", { share: percent(point.share) })].join(" ");
}

/** The fewest and the most examples. */
const between = (run, first, last) => t("“{run}” is right on {fewest} and on {most}.", { run, fewest: rightOn(first), most: rightOn(last) });

/** @returns {string} "55.0 % of 60 items (no example)" */
function rightOn({ shots, items, accuracy }) {
  const told = { share: percent(accuracy), examples: shots === 0 ? t("no example") : tn("{n} example", "{n} examples", shots) };
  return tn("{share} of {n} item ({examples})", "{share} of {n} items ({examples})", items, told);
}

/** Whether the bars of the two overlap. */
function chance(first, last) {
  return first.low <= last.high && last.low <= first.high
    ? t("The bars on these two points overlap, so chance alone may explain the difference.")
    : t("The bars on these two points do not overlap, so chance alone hardly explains the difference.");
}

function shares(first, last) {
  return t("The label words have {before} and {after} of the probability there.", { before: percent(first.share), after: percent(last.share) });
}
