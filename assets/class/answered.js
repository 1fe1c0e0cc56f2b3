/**
 * Puts the answers of a class together by what they mean: two spellings of one token are one answer. Pure.
 *
 * @typedef {{answer: string | number, count: number}} Result  as the server tells it
 *
 * @typedef {object} Answered
 * @property {string} text  the token's, or what was typed where it is no token
 * @property {number | null} id  of the token, null for a text that is no single token of the model
 * @property {number} count
 */

import { tokenOf } from "../lesson/outcome.js";

/**
 * @param {Result[]} results  texts that were typed, or ids of tokens
 * @param {(token: string) => number | null} idOf  the id of the token with a text, null if there is none
 * @param {(id: number) => number} shareOf  its probability
 * @returns {Answered[]} the most frequent first
 */
export function answeredTokens(results, idOf, shareOf) {
  /** @type {Map<string, Answered>} */
  const found = new Map();
  for (const { answer, count } of results) {
    const { text, id } = typeof answer === "number" ? { text: String(answer), id: answer } : meant(answer, idOf, shareOf);
    const key = id === null ? `typed ${text}` : `token ${id}`;
    found.set(key, { text, id, count: count + (found.get(key)?.count ?? 0) });
  }
  return [...found.values()].sort((one, other) => other.count - one.count);
}

function meant(typed, idOf, shareOf) {
  const token = tokenOf(typed, (text) => {
    const id = idOf(text);
    return id === null ? null : shareOf(id);
  });
  return token === undefined ? { text: typed.trim(), id: null } : { text: token, id: idOf(token) };
}

/** @param {{count: number}[]} some @returns {number} how many answers they are */
export const countOf = (some) => some.reduce((sum, { count }) => sum + count, 0);
