/** Describes attention in words: a weight, a head, a cell and the first token's share. Knows numbers, not the page. */

import { fixed, t } from "../common/language.js";
import { bits } from "../common/words.js";
import { entropyBits, total, withoutFirst } from "./weights.js";

const SMALLEST = 0.0005; // a smaller weight is 0.000 with three decimals

/** Formats a weight with three decimals: 0.2134 -> "0.213". */
export const weight = (number) => (number > 0 && number < SMALLEST ? `<${fixed(0.001, 3)}` : fixed(number, 3));

/** @param {number} layer @param {number | "mean" | "max"} head @returns {string} "layer 5, head 3" */
export function headName(layer, head) {
  if (head === "mean") return t("layer {layer}, mean of heads", { layer });
  if (head === "max") return t("layer {layer}, max of heads", { layer });
  return t("layer {layer}, head {head}", { layer, head });
}

/** @param {number} layer @param {number | "mean" | "max"} head @returns {string} "Layer 5, head 3 is shown." */
export const headShown = (layer, head) => capital(t("{head} is shown.", { head: headName(layer, head) }));

/** Makes the first letter a capital, for the beginning of a sentence: "layer 5" -> "Layer 5". */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * @param {import("./weights.js").Weights} row  the weights with the first token
 * @param {number} key
 * @param {boolean} hidesFirst
 * @returns {string} "weight 0.021, rescaled 0.143"
 */
export function keyWeight(row, key, hidesFirst) {
  const whole = weight(row[key]);
  if (!hidesFirst) return t("weight {weight}", { weight: whole });
  if (key === 0) return t("weight {weight}, hidden", { weight: whole });
  return t("weight {weight}, rescaled {rescaled}", { weight: whole, rescaled: weight(withoutFirst(row)[key]) });
}

/** Returns a sentence about the first token's weight in a row, and whether the token is hidden. */
export function sinkSentence(row, hidesFirst) {
  const share = weight(row[0]);
  const why = t("Heads that find nothing to attend to give it their weight: an attention sink (Xiao et al. 2023).");
  const done = hidesFirst
    ? t("The first token is hidden ({share} of this row) and the rest is rescaled.", { share })
    : t("The first token takes {share} of this row.", { share });
  return `${done} ${why}`;
}

/** Returns the tokens with the largest weights of a row: “book” 0.213, “the” 0.100. @param {string[]} tokens */
export function mostOf(row, tokens, shown) {
  const best = Array.from(row, (_, key) => key).sort((a, b) => row[b] - row[a]).slice(0, shown);
  return best.map((key) => t("“{token}” {weight}", { token: tokens[key], weight: weight(row[key]) })).join(", ");
}

const NEARLY_ONE = 0.02; // how far the sum of rounded weights may be from 1

/**
 * Returns the tokens to which something gives the largest weights of its row, and the row's entropy. A row that does not add up
 * to 1 has none: it is a part of an attention, or the largest weights of several heads. Then its sum is told.
 *
 * @param {string} who  a token or a head
 * @param {import("./weights.js").Weights} row
 * @param {string[]} tokens
 * @param {string} [note]  a sentence that follows, or ""
 */
export function rowSentence(who, row, tokens, note = "") {
  const sum = total(row);
  const keys = mostOf(row, tokens, 3);
  const said =
    Math.abs(sum - 1) <= NEARLY_ONE
      ? t("{who} gives most to {keys}; entropy {bits}", { who, keys, bits: bits(entropyBits(row)) })
      : t("{who} gives most to {keys}; the row adds up to {sum}", { who, keys, sum: weight(sum) });
  return note ? `${said}. ${note}` : said;
}

/**
 * Returns a sentence about one token's weight in a query's row. It is about the whole row if `key` is null or comes
 * later, and then `note` follows. The tokens are those of `Sides`.
 */
export function querySentence({ tokens, keyTokens }, query, row, key, hidesFirst, note = "") {
  const name = quoted(tokens, query);
  if (key === null || key >= row.length) return rowSentence(name, row, keyTokens, note);
  return t("{looking} → {seen}: {weight}", { looking: name, seen: quoted(keyTokens, key), weight: keyWeight(row, key, hidesFirst) });
}

/** Returns a token with its position counted from 1: “book” (9). */
export const quoted = (tokens, index) => t("“{token}” ({place})", { token: tokens[index], place: index + 1 });
