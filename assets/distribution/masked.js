/** What a mask leaves of a step. Knows no stage. Pure mathematics. */

/** @type {WeakMap<Uint8Array, {before: import("./left.js").Left, found: Masked}>} what each mask left of a whole row */
const latest = new WeakMap();

/**
 * @typedef {object} Masked
 * @property {import("./left.js").Left} left
 * @property {number} removedMass  the probability of what the mask removed, just before it did
 */

/**
 * A slider of another stage changes neither the row nor its mask, so that the same answer is not computed again.
 *
 * @param {import("./left.js").Left} before
 * @param {Uint8Array} mask
 * @param {(mask: Uint8Array) => (id: number) => boolean} apply
 * @returns {Masked}
 */
export function masked(before, mask, apply) {
  const last = latest.get(mask);
  if (last && isSame(last.before, before)) return last.found;
  const left = before.only(apply(mask));
  const found = { left, removedMass: left.count ? Math.max(0, 1 - shareOf(left, before)) : 1 };
  latest.set(mask, { before, found });
  return found;
}

const isSame = (one, other) =>
  one.ranking === other.ranking && one.stretch[0] === other.stretch[0] && one.stretch[1] === other.stretch[1];

/** @returns {number} the probability of what is left; each weight is relative to the best score of its own */
const shareOf = (left, before) =>
  (left.weight / before.weight) * Math.exp(left.ranking.scores[left.stretch[0]] - before.ranking.scores[before.stretch[0]]);
