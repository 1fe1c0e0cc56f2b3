/**
 * Computes the scales on which probabilities are drawn. Pure functions.
 *
 * @typedef {object} Scale
 * @property {(share: number) => number} place  0 at the scale's beginning, 1 at its end, or beyond these
 * @property {number[]} ticks  the shares at equal distances from its beginning to its end
 */

const LEAST_DECADES = 2;
const MOST_DECADES = 7;

/**
 * Returns a scale from 0 to the highest share, rounded up to 1, 2 or 5 times a power of ten.
 *
 * @param {number[]} shares @returns {Scale}
 */
export function linear(shares) {
  const highest = Math.max(...shares);
  const power = 10 ** Math.ceil(Math.log10(highest) - 1e-9);
  const end = [0.2, 0.5, 1].map((part) => part * power).find((end) => end >= highest * (1 - 1e-9));
  const parts = end === 0.2 * power ? 4 : 5;
  return { place: (share) => share / end, ticks: Array.from({ length: parts + 1 }, (_, i) => (end * i) / parts) };
}

/**
 * Returns a scale between powers of ten, from the lowest to the highest share. It has at least `LEAST_DECADES` decades
 * and at most `MOST_DECADES`, so that the lowest shares may lie outside it.
 *
 * @param {number[]} shares @returns {Scale}
 */
export function logarithmic(shares) {
  const positive = shares.filter((share) => share > 0);
  const end = Math.ceil(Math.log10(Math.max(...positive)) - 1e-9);
  const lowest = Math.floor(Math.log10(Math.min(...positive)));
  const start = Math.max(Math.min(lowest, end - LEAST_DECADES), end - MOST_DECADES);
  return {
    place: (share) => (Math.log10(share) - start) / (end - start),
    ticks: Array.from({ length: end - start + 1 }, (_, i) => 10 ** (start + i)),
  };
}

/** Keeps one scale as long as the same thing is drawn on it, so that what has not changed keeps its length. */
export class KeptScale {
  #thing = null;
  #name = "";
  /** @type {Scale} */
  #scale;

  /**
   * @param {object | null} thing  what is drawn; null for a scale that is made anew every time
   * @param {string} name  tells apart the scales of one thing
   * @param {() => Scale} makeScale
   * @returns {Scale}
   */
  of(thing, name, makeScale) {
    if (thing === null || thing !== this.#thing || name !== this.#name) this.#scale = makeScale();
    [this.#thing, this.#name] = [thing, name];
    return this.#scale;
  }
}
