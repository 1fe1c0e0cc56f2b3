/**
 * The measures of a page of a lesson that were recorded, as functions that its expressions call
 * (`playground/site/calls.py` finds them). Knows no view.
 *
 * @typedef {Record<string, import("../lesson/tree.js").Value>} Told  each value by the JSON of a call's name and what it is given
 */

/**
 * @param {{now: Told, after?: Told} | undefined} told  of a page; undefined for a page that computes all itself
 * @param {boolean} isAll  whether the page's view is not there
 * @returns {import("../lesson/live.js").Recorded}
 */
export function recordedOf(told, isAll) {
  return { isAll, measures: (isAfter) => measuresOf((isAfter ? told?.after : told?.now) ?? {}) };
}

/** @param {Told} values @returns {import("../lesson/tree.js").Measures} */
function measuresOf(values) {
  const names = new Set(Object.keys(values).map((call) => JSON.parse(call)[0]));
  return Object.fromEntries([...names].map((name) => [name, (...given) => own(values, JSON.stringify([name, ...given]))]));
}

const own = (values, call) => (Object.hasOwn(values, call) ? values[call] : null);
