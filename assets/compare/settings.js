/**
 * Compares rows of settings by every setting that they have, so that new settings count too. Pure functions. It knows
 * only the two settings that do not affect how a token is chosen.
 *
 * @typedef {import("../distribution/settings.js").Settings} Settings
 */

const OF_THE_GRID = ["seed", "max_new_tokens"];

/** @param {Settings[]} rows @returns {string[]} the settings in which they are not all equal */
export function differing(rows) {
  const names = [...new Set(rows.flatMap(Object.keys))];
  const said = (row, name) => JSON.stringify(row[name]);
  return names.filter((name) => rows.some((row) => said(row, name) !== said(rows[0], name)));
}

/**
 * @param {Settings[]} rows
 * @returns {string | null} the only setting in which three or more rows differ, if it is a number; else null
 */
export function sweptBy(rows) {
  const names = differing(rows);
  const isSweep = rows.length > 2 && names.length === 1 && typeof rows[0][names[0]] === "number";
  return isSweep ? names[0] : null;
}

/**
 * @returns {boolean} whether two rows choose tokens in the same way; the seed and the number of new tokens do not count
 */
export function choosesAs(row, other) {
  return differing([row, other]).every((name) => OF_THE_GRID.includes(name));
}
