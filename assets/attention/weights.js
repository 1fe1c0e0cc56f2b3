/**
 * Rows of attention weights: heads taken together, the first token left out, two texts laid over each other.
 * Plain arithmetic; knows neither the server nor the page.
 *
 * A row holds the weights of one query over the keys 0 … query, so a triangle of rows is a whole map.
 */

/**
 * One row of several heads' rows: the mean weight or the largest one, key by key.
 *
 * @param {ArrayLike<number>[]} rows  one a head, equally long
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

/**
 * A row without its first token, the rest rescaled to the sum they had together with it.
 *
 * @param {ArrayLike<number>} row
 * @returns {Float32Array} key 0 is NaN; all the rest 0 where they had no weight at all
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

/** @param {ArrayLike<number>} row @returns {number} the largest weight; 0 where there is none. NaN is passed over */
export function largest(row) {
  let top = 0;
  for (const weight of row) if (weight > top) top = weight;
  return top;
}

/** @param {ArrayLike<number>} row @returns {number} in bits, of the weights as a distribution */
export function entropyBits(row) {
  let bits = 0;
  for (const weight of row) if (weight > 0) bits -= weight * Math.log2(weight);
  return bits;
}

/**
 * Where on a scale from 0 to 1 a weight lies.
 *
 * @param {number} weight
 * @param {number} top  the weight at the scale's end
 * @param {boolean} isLog  from `LOG_FLOOR` times the top up, else from 0
 */
export function place(weight, top, isLog) {
  if (!(weight > 0) || !(top > 0)) return 0;
  const share = isLog ? 1 + Math.log10(weight / top) / LOG_DECADES : weight / top;
  return Math.min(1, Math.max(0, share));
}

export const LOG_DECADES = 4;
/** What a logarithmic scale calls 0, as a share of its top. */
export const LOG_FLOOR = 10 ** -LOG_DECADES;

/**
 * The tokens that two texts have in common, from both ends, and those between if they are as many in both.
 *
 * @param {number[]} a  token ids
 * @param {number[]} b
 * @returns {[number, number][]} positions in a and b, in order
 */
export function align(a, b) {
  const shortest = Math.min(a.length, b.length);
  let head = 0;
  while (head < shortest && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shortest - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  if (a.length === b.length) head = shortest - tail; // one word for another
  const pairs = Array.from({ length: head }, (_, place) => [place, place]);
  for (let rest = tail; rest > 0; rest--) pairs.push([a.length - rest, b.length - rest]);
  return pairs;
}

/**
 * Map b less map a over the pairs of `align`: row by row, as long as the pair's own place.
 *
 * @param {ArrayLike<number>[]} a  rows
 * @param {ArrayLike<number>[]} b
 * @param {[number, number][]} pairs
 * @returns {Float32Array[]}
 */
export function difference(a, b, pairs) {
  return pairs.map(([queryA, queryB], last) =>
    Float32Array.from(pairs.slice(0, last + 1), ([keyA, keyB]) => b[queryB][keyB] - a[queryA][keyA]),
  );
}
