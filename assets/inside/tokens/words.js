/** How the pane words counts and tokens. Knows nothing of the page. */

import { fixed, t, tn } from "../../common/language.js";
import { count } from "../../common/words.js";

const two = (number) => fixed(number, 2);

/** "12 tokens", or with nothing to divide by only that. @param {number} tokens @param {number} parts @returns {string} */
export const rate = (tokens, parts) => (parts ? two(tokens / parts) : "–");

/** @param {import("./state.js").Answer["counts"]} counts @returns {string} */
export function countsText({ tokens, words, characters }) {
  const values = {
    tokens: tn("{n} token", "{n} tokens", tokens),
    words: tn("{n} word", "{n} words", words),
    characters: tn("{n} character", "{n} characters", characters),
  };
  if (!characters) return t("{tokens} for {words} and {characters}.", values);
  const rates = { perWord: rate(tokens, words), perCharacter: rate(tokens, characters) };
  return t("{tokens} for {words} and {characters}: {perWord} tokens per word, {perCharacter} per character.", { ...values, ...rates });
}

/**
 * Returns what there is to tell of one token, each with its name.
 *
 * @param {import("./state.js").Token} token @param {number} index @param {string} text
 * @returns {[name: string, value: string][]}
 */
export function factsOf(token, index, text) {
  const covered = Array.from(text).slice(token.start, token.end).join("");
  const values = { start: token.start, end: token.end, text: covered };
  return [
    [t("token"), t("{token} (number {number})", { token: token.shown, number: index + 1 })],
    [t("id"), count(token.id)],
    [t("bytes"), token.bytes || t("none")],
    [t("characters"), token.start === token.end ? t("none") : t("{start} to {end}, counted from 0: “{text}”", values)],
    [t("kind"), kindOf(token)],
  ];
}

/** @param {import("./state.js").Token} token @returns {string} */
function kindOf({ special, isPutIn, leads, shown }) {
  if (isPutIn) return t("a special token that the tokeniser puts in");
  if (special) return t("a special token");
  if (/‹[0-9A-F]{2}[ ›]/.test(shown)) return t("a part of a character, or bytes that are none");
  return leads ? t("begins with a space, which is part of the token") : t("begins without a space");
}
