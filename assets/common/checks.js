/**
 * Checks values from a trace file before they are used. A wrong value throws an Error whose message names it.
 * Does not know what the values are for.
 */

/** @returns {Error} with a sentence that says what is wrong with the file's part `where` */
export const edited = (where, what) => new Error(`This trace file cannot be used: ${where} ${what}.`);

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

export function oneOf(value, where, choices) {
  if (!choices.includes(value)) throw edited(where, `is ${shown(value)} and not one of ${choices.join(", ")}`);
  return value;
}

export function whole(value, where, low, high) {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw edited(where, `is ${shown(value)} and not a whole number from ${low} to ${high}`);
  }
  return value;
}

export function number(value, where, low, high) {
  if (typeof value !== "number" || !(value >= low && value <= high)) {
    throw edited(where, `is ${shown(value)} and not a number from ${low} to ${high}`);
  }
  return value;
}

/** Checks that a value is a list that is not empty and has at most `most` entries, which the page can show. */
export function list(value, where, most) {
  if (!Array.isArray(value) || !value.length) throw edited(where, "is not a list or is empty");
  if (value.length > most) throw edited(where, `has ${value.length} entries, and the page shows at most ${most}`);
  return value;
}

export function text(value, where) {
  if (typeof value !== "string") throw edited(where, `is ${shown(value)} and not a text`);
  return value;
}

/** Returns a value as short JSON that fits into a sentence. */
export function shown(value) {
  const said = JSON.stringify(value) ?? "missing";
  return said.length <= 40 ? said : `${said.slice(0, 37)}...`;
}
