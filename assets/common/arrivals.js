/**
 * Tells the views that an answer of the server has come without which a stage could do nothing: the tokens of words, a
 * constraint's mask, or the sentence that refuses one of them. A view that draws stages draws them again.
 */

/** @type {Set<() => void>} */
const listeners = new Set();

/** Calls a function whenever an answer has come. @param {() => void} listener */
export const onArrival = (listener) => listeners.add(listener);

/** Says that an answer has come. */
export function arrived() {
  for (const listener of listeners) listener();
}

const PASSING_MS = 3000;

/**
 * Calls a function later if a server that did not answer caused an error, so that the next drawing asks it again. A refusal
 * stays: the same question has the same answer.
 *
 * @param {{status?: number}} error
 * @param {() => void} forget
 */
export function forgetFailure({ status = 500 }, forget) {
  if (status >= 500) setTimeout(forget, PASSING_MS);
}
