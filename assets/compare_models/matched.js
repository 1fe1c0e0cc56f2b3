/**
 * Puts two distributions over tokens beside each other: by id where the two vocabularies are equal, and otherwise by the
 * texts of the tokens. Pure functions of probabilities and words.
 *
 * @typedef {object} Entry
 * @property {string} text  of the token
 * @property {number[]} shares  its probability under either model
 *
 * @typedef {object} Matched
 * @property {Entry[]} entries  the most probable tokens of both, the most probable one first
 * @property {number} inBoth  how many of the most probable tokens of the first are among those of the second
 * @property {number} of  how many those are
 * @property {number} totalVariation
 * @property {number[] | null} klBits  KL of the first from the second and the reverse; null if the vocabularies differ
 */

import { divergenceBits, totalVariation } from "../distribution/divergence.js";

export const TOP = 10;

/**
 * @param {Float64Array[]} shares  of both models, by token id
 * @param {(id: number) => string} textOf
 * @returns {Matched}
 */
export function matchedById(shares, textOf) {
  const tops = shares.map((share) => topOf(share.keys(), (id) => share[id]));
  const [p, q] = shares;
  return {
    ...joined(tops, (id) => ({ text: textOf(id), shares: shares.map((share) => share[id]) })),
    totalVariation: totalVariation(p, q),
    klBits: [divergenceBits(p, q), divergenceBits(q, p)],
  };
}

/**
 * @param {Float64Array[]} shares  of both models, each by its own token ids
 * @param {((id: number) => string)[]} textsOf  of both models; tokens of one text count together
 * @returns {Matched}
 */
export function matchedByText(shares, textsOf) {
  const byText = shares.map((share, side) => {
    /** @type {Map<string, number>} */
    const found = new Map();
    for (const [id, probability] of share.entries()) {
      if (probability === 0) continue;
      const text = textsOf[side](id);
      found.set(text, (found.get(text) ?? 0) + probability);
    }
    return found;
  });
  const shareOf = (side, text) => byText[side].get(text) ?? 0;
  const tops = byText.map((found, side) => topOf(found.keys(), (text) => shareOf(side, text)));
  const all = [...new Set(byText.flatMap((found) => [...found.keys()]))];
  return {
    ...joined(tops, (text) => ({ text, shares: [shareOf(0, text), shareOf(1, text)] })),
    totalVariation: totalVariation(all.map((text) => shareOf(0, text)), all.map((text) => shareOf(1, text))),
    klBits: null,
  };
}

/** @template Key @param {Iterable<Key>} keys @param {(key: Key) => number} shareOf @returns {Key[]} the most probable ones */
function topOf(keys, shareOf) {
  /** @type {Key[]} */
  const top = [];
  for (const key of keys) {
    const share = shareOf(key);
    if (share === 0 || (top.length === TOP && share <= shareOf(top[TOP - 1]))) continue;
    const place = top.findIndex((other) => shareOf(other) < share);
    top.splice(place < 0 ? top.length : place, 0, key);
    top.length = Math.min(top.length, TOP);
  }
  return top;
}

/** @template Key @param {Key[][]} tops @param {(key: Key) => Entry} entryOf */
function joined(tops, entryOf) {
  const [one, other] = tops;
  const best = ({ shares }) => Math.max(...shares);
  const entries = [...new Set(tops.flat())].map(entryOf).sort((a, b) => best(b) - best(a));
  return { entries, inBoth: one.filter((key) => other.includes(key)).length, of: Math.min(one.length, other.length) };
}
