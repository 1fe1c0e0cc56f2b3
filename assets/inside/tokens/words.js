/** How the pane words counts and tokens. Knows nothing of the page. */

import { count, plural } from "../../common/words.js";

const two = (number) => number.toFixed(2);

/** "12 tokens", or with nothing to divide by only that. @param {number} tokens @param {number} parts @returns {string} */
export const rate = (tokens, parts) => (parts ? two(tokens / parts) : "–");

/** @param {import("./state.js").Answer["counts"]} counts @returns {string} */
export function countsText({ tokens, words, characters }) {
  const sizes = `${plural(tokens, "token")} for ${plural(words, "word")} and ${plural(characters, "character")}`;
  return characters ? `${sizes}: ${rate(tokens, words)} tokens per word, ${rate(tokens, characters)} per character.` : `${sizes}.`;
}

/**
 * Returns what there is to tell of one token, each with its name.
 *
 * @param {import("./state.js").Token} token @param {number} index @param {string} text
 * @returns {[name: string, value: string][]}
 */
export function factsOf(token, index, text) {
  const covered = Array.from(text).slice(token.start, token.end).join("");
  const place = token.start === token.end ? "none" : `${count(token.start)} to ${count(token.end)}, counted from 0`;
  return [
    ["token", `${token.shown} (number ${count(index + 1)})`],
    ["id", count(token.id)],
    ["bytes", token.bytes || "none"],
    ["characters", token.start === token.end ? place : `${place}: “${covered}”`],
    ["kind", kindOf(token)],
  ];
}

/** @param {import("./state.js").Token} token @returns {string} */
function kindOf({ special, isPutIn, leads, shown }) {
  if (isPutIn) return "a special token that the tokeniser puts in";
  if (special) return "a special token";
  if (/‹[0-9A-F]{2}[ ›]/.test(shown)) return "a part of a character, or bytes that are none";
  return leads ? "begins with a space, which is part of the token" : "begins without a space";
}
