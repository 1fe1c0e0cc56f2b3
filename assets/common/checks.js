/**
 * Checks values from a trace file before they are used. A wrong value throws an Error whose message names it.
 * Does not know what the values are for.
 */

import { t } from "./language.js";

/** @returns {Error} with a sentence that says what is wrong with the file's part `where` */
export const edited = (fault) => new Error(t("This trace file cannot be used: {fault}.", { fault }));

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

export function oneOf(value, where, choices) {
  if (!choices.includes(value)) throw edited(t("{where} is {value} and not one of {choices}", { where, value: shown(value), choices: choices.join(", ") }));
  return value;
}

export function whole(value, where, low, high) {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw edited(t("{where} is {value} and not a whole number from {low} to {high}", { where, value: shown(value), low: String(low), high: String(high) }));
  }
  return value;
}

export function number(value, where, low, high) {
  if (typeof value !== "number" || !(value >= low && value <= high)) {
    throw edited(t("{where} is {value} and not a number from {low} to {high}", { where, value: shown(value), low: String(low), high: String(high) }));
  }
  return value;
}

/** Checks that a value is a list that is not empty and has at most `most` entries, which the page can show. */
export function list(value, where, most) {
  if (!Array.isArray(value) || !value.length) throw edited(t("{where} is not a list or is empty", { where }));
  if (value.length > most) throw edited(t("{where} has {length} entries, and the page shows at most {most}", { where, length: String(value.length), most: String(most) }));
  return value;
}

export function text(value, where) {
  if (typeof value !== "string") throw edited(t("{where} is {value} and not a text", { where, value: shown(value) }));
  return value;
}

/** Returns a value as short JSON that fits into a sentence. */
export function shown(value) {
  const said = JSON.stringify(value) ?? t("missing");
  return said.length <= 40 ? said : `${said.slice(0, 37)}...`;
}
