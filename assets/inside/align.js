/** Pairs the tokens of two texts. Knows token ids, not the page. @typedef {[first: number, second: number][]} Pairs */

/**
 * Pairs the tokens that two texts have in common at their beginning and their end. The tokens between them are paired
 * too if both texts are equally long.
 *
 * @param {number[]} a  token ids
 * @param {number[]} b
 * @returns {Pairs} positions in a and b, in order
 */
export function align(a, b) {
  const shortest = Math.min(a.length, b.length);
  let head = 0;
  while (head < shortest && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shortest - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  if (a.length === b.length) head = shortest - tail; // one word may replace another
  /** @type {Pairs} */
  const pairs = Array.from({ length: head }, (_, place) => [place, place]);
  for (let rest = tail; rest > 0; rest--) pairs.push([a.length - rest, b.length - rest]);
  return pairs;
}

/**
 * @param {Pairs} pairs
 * @param {number} place  0 for the first text
 * @param {number | null} index  a token of that text, or none
 * @returns {number | null} its position in the first text, -1 if it has none
 */
export function inFirst(pairs, place, index) {
  if (place === 0 || index === null) return index;
  return pairs.find(([, second]) => second === index)?.[0] ?? -1;
}

/** @param {Pairs} pairs @param {number} index  a token of the first text @returns {number} its position in the second, -1 if it has none */
export const inSecond = (pairs, index) => pairs.find(([first]) => first === index)?.[1] ?? -1;
