/**
 * Computes with rows of attention weights: combines heads, leaves out the first token, compares two texts.
 * Knows neither the server nor the page.
 *
 * A row holds the weights of one query over the keys 0 … query, so a triangle of rows is a whole map.
 *
 * @typedef {number[] | Float32Array} Weights  a row
 */

/**
 * Combines several heads' rows into one: the mean weight or the largest one for each key.
 *
 * @param {Weights[]} rows  one for each head, equally long
 * @param {"mean" | "max"} how
 * @returns {Float32Array}
 */
export function together(rows, how) {
  const joined = new Float32Array(rows[0].length);
  for (let key = 0; key < joined.length; key++) {
    let value = 0;
    for (const row of rows) value = how === "max" ? Math.max(value, row[key]) : value + row[key];
    joined[key] = how === "max" ? value : value / rows.length;
  }
  return joined;
}

/** Returns the row of one head, or a layer's heads combined. @param {import("./head_grid.js").Heads} heads */
export function rowOf({ heads, row }, layer, head) {
  if (typeof head === "number") return row(layer, head);
  return together(Array.from({ length: heads }, (_, each) => row(layer, each)), head);
}

/**
 * Returns a row without its first token. The rest is rescaled so that the sum stays the same.
 *
 * @param {Weights} row
 * @returns {Float32Array} key 0 is NaN; all others are 0 if they had no weight at all
 */
export function withoutFirst(row) {
  let sum = 0;
  for (const weight of row) sum += weight;
  const rest = sum - row[0];
  const factor = rest > 0 ? sum / rest : 0;
  const rescaled = Float32Array.from(row, (weight) => weight * factor);
  rescaled[0] = NaN;
  return rescaled;
}

/** @param {Weights} row @returns {number} the largest weight, or 0 if there is none; NaN is ignored */
export function largest(row) {
  let top = 0;
  for (const weight of row) if (weight > top) top = weight;
  return top;
}

/** @param {Weights} row @returns {number} what the weights add up to */
export function total(row) {
  let sum = 0;
  for (const weight of row) sum += weight;
  return sum;
}

/** @param {Weights} row @returns {number} the entropy in bits of the weights as a distribution */
export function entropyBits(row) {
  let bits = 0;
  for (const weight of row) if (weight > 0) bits -= weight * Math.log2(weight);
  return bits;
}

/**
 * Returns the position of a weight on a scale, from 0 to 1.
 *
 * @param {number} weight
 * @param {number} top  the weight at the scale's end
 * @param {boolean} isLog  whether the scale is logarithmic and begins at `LOG_FLOOR` times the top; else it begins at 0
 */
export function place(weight, top, isLog) {
  if (!(weight > 0) || !(top > 0)) return 0;
  const share = isLog ? 1 + Math.log10(weight / top) / LOG_DECADES : weight / top;
  return Math.min(1, Math.max(0, share));
}

export const LOG_DECADES = 4;
/** The lower end of a logarithmic scale, as a share of its top. Smaller weights are shown as 0. */
export const LOG_FLOOR = 10 ** -LOG_DECADES;

/**
 * Returns map b minus map a over the pairs of `align`. Row i has one number for each of the pairs 0 to i.
 *
 * @param {Weights[]} a  rows
 * @param {Weights[]} b
 * @param {[number, number][]} pairs
 * @returns {Float32Array[]}
 */
export function difference(a, b, pairs) {
  return pairs.map(([queryA, queryB], last) =>
    Float32Array.from(pairs.slice(0, last + 1), ([keyA, keyB]) => b[queryB][keyB] - a[queryA][keyA]),
  );
}
