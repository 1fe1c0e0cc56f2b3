/**
 * Says in plain words what a grid's chart shows: along one setting how a measure goes, and otherwise which row writes the
 * texts that the model finds most likely, and which the most varied ones. Knows no page.
 *
 * @typedef {import("./chart.js").Told} Told
 */

import { count, t } from "../common/language.js";
import { estimate } from "./measure_table.js";

/**
 * @param {Told[]} told  the points
 * @param {"across_2" | "distinct_2"} diversity  the measure that goes up
 * @returns {string} two or three sentences
 */
export function scatterCaptionOf(told, diversity) {
  const known = told.filter(({ measures }) => measures.logprob_nats && measures[diversity]);
  const about = t("Each point is one row of settings. Farther right its texts are more likely to the model, farther up they vary more.");
  if (known.length < 2) return about;
  const most = (name) => known.reduce((best, row) => (row.measures[name].mean > best.measures[name].mean ? row : best));
  const [likely, varied] = [most("logprob_nats"), most(diversity)];
  const nats = estimate("logprob_nats", likely.measures.logprob_nats);
  const pairs = estimate(diversity, varied.measures[diversity]);
  const best = likely === varied ? both(nameOf(likely), nats, pairs) : each(nameOf(likely), nameOf(varied), nats, pairs);
  return `${about} ${best}`;
}

const both = (row, nats, pairs) =>
  t("Row {row} has both the most likely texts ({nats} nats per token) and the most varied ones ({pairs} of their pairs of tokens differ).", { row, nats, pairs });

const each = (likely, varied, nats, pairs) =>
  t("Row {likely} has the most likely texts ({nats} nats per token), row {varied} the most varied ones ({pairs} of their pairs of tokens differ).", { likely, varied, nats, pairs });

/**
 * @param {string} measure  its name
 * @param {string} label  what people call it
 * @param {string} setting  what people call the one setting in which the rows differ
 * @param {{value: number, found: import("./grid.js").Estimate}[]} points  in the order of the values
 * @returns {string} one to three sentences
 */
export function curveCaptionOf(measure, label, setting, points) {
  const about = t("The rows differ in {setting} only, so the line shows what it does to the texts.", { setting });
  if (!points.length) return about;
  const [start, end] = [points[0], points.at(-1)].map(({ value }) => `${setting} ${count(value)}`);
  const [first, last] = [points[0], points.at(-1)].map(({ found }) => found);
  const [from, to] = [first, last].map((found) => estimate(measure, found));
  if (points.length === 1) return `${about} ${t("{measure}: {value} at {place}.", { measure: label, value: from, place: start })}`;
  return `${about} ${t("{measure}: {from} at {start}, {to} at {end}.", { measure: label, from, to, start, end })} ${chance(first, last)}`;
}

/** Whether chance may explain the difference: it is within two of its standard errors. */
function chance(first, last) {
  if (first.error === null || last.error === null) return t("One text alone does not say how much of that is chance.");
  return Math.abs(last.mean - first.mean) > 2 * Math.hypot(first.error, last.error)
    ? t("Chance alone hardly explains the difference.")
    : t("Chance alone may explain the difference.");
}

/** @param {Told} row */
const nameOf = (row) => `${row.place + 1} ${row.name}`;
