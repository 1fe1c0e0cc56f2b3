/**
 * Records which rows of logits may differ slightly from those that chose a token. The server had dropped them and
 * computed them again in a dtype that rounds. Knows neither the server nor the page.
 */

const dtypes = new WeakMap(); // by the row's logits

/** @param {Float32Array} logits @param {string} dtype  the dtype in which they were computed again */
export const markRecomputed = (logits, dtype) => dtypes.set(logits, dtype);

/** @param {Float32Array} logits @returns {string | null} the dtype, or null for a row that is exact */
export const recomputedIn = (logits) => dtypes.get(logits) ?? null;
