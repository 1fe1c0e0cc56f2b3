/**
 * Values from a trace file, each checked before it is used: what is wrong throws a sentence that names it.
 * Knows nothing of what the values are for.
 */

/** @returns {Error} a file's part `where` is not what it should be */
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

/** A list with something in it, and with no more than the page can show. */
export function list(value, where, most) {
  if (!Array.isArray(value) || !value.length) throw edited(where, "is not a list with something in it");
  if (value.length > most) throw edited(where, `has ${value.length} entries, and the page shows at most ${most}`);
  return value;
}

export function text(value, where) {
  if (typeof value !== "string") throw edited(where, `is ${shown(value)} and not a text`);
  return value;
}

/** A value as it can stand in a sentence. */
export function shown(value) {
  const said = JSON.stringify(value) ?? "missing";
  return said.length <= 40 ? said : `${said.slice(0, 37)}...`;
}
