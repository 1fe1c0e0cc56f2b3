/** Compares numbers that may differ by rounding. */

import assert from "node:assert/strict";

/** @param {number | ArrayLike<number>} found @param {number | number[]} expected  to a millionth of it, or to 1e-12 */
export function near(found, expected) {
  const [numbers, wanted] = [found, expected].map((some) => (typeof some === "number" ? [some] : Array.from(some)));
  const isNear = (number, place) => Math.abs(number - wanted[place]) <= Math.max(1e-12, 1e-6 * Math.abs(wanted[place]));
  assert.ok(numbers.length === wanted.length && numbers.every(isNear), `${numbers} and not ${wanted}`);
}
