/** Which tokens of the text so far a stage looks at. Knows ids only. */

/**
 * @param {number[]} ids
 * @param {number} count  -1 for all
 * @returns {number[]} the last `count` ids
 */
export const lastOf = (ids, count) => (count === -1 ? ids : ids.slice(Math.max(0, ids.length - count)));

/**
 * @param {number[]} ids
 * @param {number} size  of the vocabulary
 * @returns {Map<number, number>} how often each id occurs, of those that have a logit
 */
export function countsOf(ids, size) {
  const counts = new Map();
  for (const id of ids) if (id < size) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
