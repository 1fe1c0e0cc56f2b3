/** What happens to an answer that is an error: whether it is kept. */

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
