/**
 * Holds which pupil of a class drew which token, so that the page says so wherever it says how a token was chosen. Nothing of it
 * is in a text, and so nothing is in a file or a link. Whoever knows the class tells it here; this module does not know the class.
 *
 * @typedef {object} Written  a text of the class
 * @property {string} trace  the page's id
 * @property {number} first  the step of the first token that a pupil drew
 * @property {(number | null)[]} by  the number of whoever drew, for each step from there; null for a token that no pupil drew
 * @property {Record<string, string>} names  the nicknames, by number; "" for a pupil without one
 */

import { t } from "./language.js";

/** @type {Map<string, Written>} by the text's id. Those that are not told any more stay: a text may be open as long as the page is. */
const texts = new Map();
/** @type {WeakMap<object, {id: string, origin: {trace_id: string, index: number} | null | undefined}>} the text of each step */
const textOf = new WeakMap();

/** @param {Written[]} written */
export function tellWritten(written) {
  for (const one of written) texts.set(one.trace, one);
}

/** Forgets who it was. That the class drew a token stays true of it. */
export function forgetNames() {
  for (const [trace, one] of texts) texts.set(trace, { ...one, names: {} });
}

/** Notes to which text a step belongs. @param {object} step @param {string} id @param {{trace_id: string, index: number} | null} [origin]  of a fork */
export function belongs(step, id, origin) {
  textOf.set(step, { id, origin });
}

/** @returns {string} who drew the token of a step: a nickname, "pupil 3", or "the class"; "" if it was nobody of a class */
export function authorOf(step) {
  const text = textOf.get(step);
  if (!text) return "";
  const { id, origin } = text;
  const written = texts.get(id) ?? (origin && step.index < origin.index ? texts.get(origin.trace_id) : undefined);
  const number = written?.by[step.index - written.first];
  if (!written || !number) return "";
  const name = written.names[number];
  return name === undefined ? t("the class") : nameOf({ number, name });
}

/** @param {{number: number, name: string}} who @returns {string} the nickname, or a name for somebody without one */
export const nameOf = ({ number, name }) => name || t("pupil {number}", { number });
