/** Finds where texts with the same seed part: pure functions of token ids. */

/** @returns {number} the first index at which two texts differ, or -1; the end of the shorter one is a difference */
export function parting(ids, others) {
  const end = Math.max(ids.length, others.length);
  for (let place = 0; place < end; place++) if (ids[place] !== others[place]) return place;
  return -1;
}

/**
 * Counts in how many pairs the token at a place differs.
 *
 * @param {[number[], number[]][]} pairs  two texts each
 * @param {number} place  from 0; -1 is the last token of each
 * @returns {{differ: number, of: number}} counts over the pairs in which at least one text has a token there
 */
export function changed(pairs, place) {
  const tokens = pairs.map((pair) => pair.map((ids) => ids.at(place)));
  const some = tokens.filter(([one, other]) => one !== undefined || other !== undefined);
  return { differ: some.filter(([one, other]) => one !== other).length, of: some.length };
}
