/**
 * Which rows of logits are not the ones that chose a token: the server had given those up, and computed them again in a
 * dtype that rounds. Knows nothing of the server or the page.
 */

const dtypes = new WeakMap(); // by the row's logits

/** @param {Float32Array} logits @param {string} dtype  in which they were computed again */
export const markRecomputed = (logits, dtype) => dtypes.set(logits, dtype);

/** @param {Float32Array} logits @returns {string | null} the dtype, or null for a row that is exact */
export const recomputedIn = (logits) => dtypes.get(logits) ?? null;
