/** The sentences of "Same seed": why two texts part, and how often they do. Knows texts as token ids, not the page. */

import { t, tn } from "../common/language.js";
import { draw } from "../common/words.js";
import { changed } from "./parting.js";

/**
 * @typedef {object} Side  what one row of settings chooses where the texts part
 * @property {number} row  its number
 * @property {string} word  the token
 * @property {string} share  its probability in words
 * @property {boolean} isGreedy  whether it takes the most probable token, and so does not depend on u
 *
 * @param {number} token  the number of the first one that differs
 * @param {number | null} u  the random number of the draw, null if nothing is drawn
 * @param {Side[]} sides  of both rows
 * @returns {string} a sentence
 */
export function whyDiffer(token, u, sides) {
  const [one, other] = sides.map(({ isGreedy, ...side }) => (isGreedy ? t("row {row} takes the most probable token, “{word}” ({share})", side) : underRow(side)));
  if (sides.every(({ isGreedy }) => !isGreedy)) {
    return t("They differ from token {token} on: the same u = {u} falls on {one} and {other}.", { token, u: draw(u), one, other });
  }
  const [first, second] = sides.map(({ isGreedy }, side) => (isGreedy ? [one, other][side] : t("u = {u} falls on {word}", { u: draw(u), word: [one, other][side] })));
  return t("They differ from token {token} on: {first} and {second}.", { token, first, second });
}

const underRow = ({ row, word, share }) => t("“{word}” under row {row} ({share})", { row, word, share });

/** @param {[number[], number[]][]} pairs  two texts each @returns {string} how often the first, tenth and last token differ */
export function oftenChanged(pairs) {
  const told = [
    { found: changed(pairs, 0), say: (values) => t("the first token in {differ} of {of}", values) },
    { found: changed(pairs, 9), say: (values) => t("the tenth token in {differ} of {of}", values) },
    { found: changed(pairs, -1), say: (values) => t("the last token in {differ} of {of}", values) },
  ].filter(({ found }) => found.of);
  const changes = told.map(({ found, say }) => say(found)).join(", ");
  return tn("In {n} pair of texts, the other settings change {changes}.", "In {n} pairs of texts, the other settings change {changes}.", pairs.length, { changes });
}
