/**
 * Keeps the sidebar's values and the name of the open view, and restores both. Knows the values that Gradio passes on, not what a
 * control means: Python sends a rule for each control's values.
 *
 * @typedef {object} Rule
 * @property {"text" | "truth" | "number" | "choice" | "object"} kind
 * @property {number} [low]
 * @property {number} [high]
 * @property {unknown[]} [choices]
 */

import { keep, kept } from "./keeping.js";
import { openedView } from "./navigation.js";

const PART = "page";
const MOST_CHARACTERS = 100_000;

let latest = kept(PART) ?? {};
/** @type {Record<string, unknown>} */
let instead = {}; // what is kept in place of what these controls hold
let isFilled = false; // Gradio also reports the first values, which need not be kept

/** @param {string[]} names @param {unknown[]} values  the values of all controls, in the same order */
export function keepControls(names, values) {
  if (!isFilled) return;
  latest = { ...latest, controls: Object.fromEntries(names.map((name, place) => [name, values[place]])) };
  keep(PART, write);
}

/** Keeps these values in place of those that a view shows in the controls for a while. @param {Record<string, unknown>} values */
export function keepInstead(values) {
  instead = values;
  if (isFilled) keep(PART, write);
}

/**
 * Returns the controls' values for a page that is being loaded. If the address has a link, the link takes precedence.
 *
 * @param {Record<string, Rule>} rules  by the controls' names
 * @returns {unknown[]} the values in the same order, undefined for a control that stays as it is
 */
export function keptControls(rules) {
  isFilled = true;
  const controls = location.hash.includes("=") ? {} : Object(latest.controls);
  return Object.entries(rules).map(([name, rule]) => fit(controls[name], rule));
}

/**
 * Fits a kept value to a control's rule, because the server may now run with other limits.
 *
 * @param {unknown} value @param {Rule} rule
 */
function fit(value, { kind, low, high, choices }) {
  if (kind === "text") return typeof value === "string" && value.length <= MOST_CHARACTERS ? value : undefined;
  if (kind === "truth") return typeof value === "boolean" ? value : undefined;
  if (kind === "choice") return choices.includes(value) ? value : undefined;
  if (kind === "object") return typeof value === "object" && value !== null ? value : undefined; // its part checks it
  return typeof value === "number" && Number.isFinite(value) ? Math.min(Math.max(value, low), high) : undefined;
}

function write(most) {
  latest.view = openedView();
  const text = JSON.stringify({ ...latest, controls: { ...Object(latest.controls), ...instead } });
  return text.length <= most ? text : JSON.stringify({ view: latest.view });
}

/** @returns {unknown} the name of the view that was open in an earlier visit, if one was kept */
export const keptView = () => latest.view;

/** Keeps the name of the view that is open now. */
export const keepView = () => keep(PART, write);
