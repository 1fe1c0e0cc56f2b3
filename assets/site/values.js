/**
 * The measures of a page of a lesson that were recorded, as functions that its expressions call
 * (`playground/site/calls.py` finds them). Knows no view.
 *
 * @typedef {{step: number | null, values: Record<string, import("../lesson/tree.js").Value>}} Told  each value by the JSON of a
 *   call's name and what it is given; the step from 0 at which they hold, null where no text is in view
 */

import { shownOnDecode } from "../common/shown.js";

const OF_EVERY_STEP = "pieces"; // it depends on what it is given alone
/** @type {Told} */
const NONE = { step: null, values: {} };

/**
 * @param {{now: Told, after?: Told} | undefined} told  of a page; undefined for a page that computes all itself
 * @param {boolean} isAll  whether the page's view is not there
 * @returns {import("../lesson/live.js").Recorded}
 */
export function recordedOf(told, isAll) {
  return { isAll, measures: (isAfter) => measuresOf((isAfter ? told?.after : told?.now) ?? NONE, isAll) };
}

/** @param {Told} told @param {boolean} isAll @returns {import("../lesson/tree.js").Measures} */
function measuresOf({ step, values }, isAll) {
  const names = new Set(Object.keys(values).map((call) => JSON.parse(call)[0]));
  const isThere = isAll || shownOnDecode()?.step.index === step;
  const known = [...names].filter((name) => isThere || name === OF_EVERY_STEP);
  return Object.fromEntries(known.map((name) => [name, (...given) => own(values, JSON.stringify([name, ...given]))]));
}

const own = (values, call) => (Object.hasOwn(values, call) ? values[call] : null);
