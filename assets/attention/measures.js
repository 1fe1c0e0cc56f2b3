/**
 * Describes the measures of heads in words, and finds the heads with the most remarkable values.
 * Knows the numbers that the server gives (means over the tokens from the second on), not the page.
 */

import { t } from "../common/language.js";
import { bits } from "../common/words.js";
import { weight } from "./words.js";

/**
 * @typedef {object} Measure
 * @property {string} label
 * @property {string} sentence  the meaning of the measure
 * @property {(value: number) => string} words
 * @property {boolean} [isSmallFirst]  whether the smallest value is the most remarkable
 */

/** @type {Record<string, Measure>} by the server's name for the measure */
export const MEASURES = {
  previous: {
    label: t("to the token before"),
    sentence: t("The mean weight that a token gives to the one before it."),
    words: weight,
  },
  self: { label: t("to itself"), sentence: t("The mean weight that a token gives to itself."), words: weight },
  first: { label: t("to the first token"), sentence: t("The mean weight that a token gives to the first token of the text."), words: weight },
  induction: {
    label: t("induction"),
    sentence: t("The mean weight that a repeated token gives to the tokens right after its earlier copies (Olsson et al. 2022)."),
    words: weight,
  },
  next: { label: t("to the token after"), sentence: t("The mean weight that a token gives to the one after it."), words: weight },
  alignment: {
    label: t("alignment"),
    sentence: t(
      "The mean weight that a token gives to the word of the source that it looks at most, counted only if that word gets its largest " +
        "weight from this token. It is large for a head that joins each word with one other word.",
    ),
    words: weight,
  },
  order: {
    label: t("following the order"),
    sentence: t("The mean weight that a token gives to the source within one place of where it would stand if both texts ran in step."),
    words: weight,
  },
  end: { label: t("to the end"), sentence: t("The mean weight that a token gives to the end token of what the encoder reads."), words: weight },
  entropy_bits: {
    label: t("most focused"),
    sentence: t("The mean entropy of a token's weights: 0 bits means a single token, more bits mean more tokens. The smallest comes first."),
    words: bits,
    isSmallFirst: true,
  },
};

/** @type {Record<import("./sides.js").Kind, string[]>} the measures of each kind of attention */
export const MEASURES_OF = {
  self: ["previous", "self", "first", "induction", "entropy_bits"],
  encoder: ["previous", "next", "self", "end", "entropy_bits"],
  cross: ["alignment", "order", "end", "entropy_bits"],
};

/**
 * Returns the first `count` heads in the order of a measure.
 *
 * @param {(number[] | null)[]} values  [layer][head]; null for a layer without attention
 * @param {boolean | undefined} isSmallFirst
 * @param {number} count
 * @returns {[number, number][]} [layer, head], the most remarkable first; of equal ones the lower layer and head first
 */
export function strongest(values, isSmallFirst, count) {
  /** @type {{value: number, cell: [number, number]}[]} */
  const heads = values.flatMap((line, layer) => (line ?? []).map((value, head) => ({ value, cell: [layer, head] })));
  heads.sort((a, b) => (isSmallFirst ? a.value - b.value : b.value - a.value));
  return heads.slice(0, count).map(({ cell }) => cell);
}
