/** Describes attention in words: a weight, a head, a cell and the first token's share. Knows numbers, not the page. */

import { bits, count } from "../common/words.js";
import { entropyBits, total, withoutFirst } from "./weights.js";

/** Formats a weight with three decimals: 0.2134 -> "0.213". */
export const weight = (number) => (number > 0 && number < 0.0005 ? "<0.001" : number.toFixed(3));

/** @param {number} layer @param {number | "mean" | "max"} head */
export function headName(layer, head) {
  const together = { mean: "mean of heads", max: "max of heads" }[head];
  return `layer ${layer}, ${together ?? `head ${head}`}`;
}

/** Makes the first letter a capital, for the beginning of a sentence: "layer 5" -> "Layer 5". */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * @param {import("./weights.js").Weights} row  the weights with the first token
 * @param {number} key
 * @param {boolean} hidesFirst
 * @returns {string} "weight 0.021, rescaled 0.143"
 */
export function keyWeight(row, key, hidesFirst) {
  const whole = `weight ${weight(row[key])}`;
  if (!hidesFirst) return whole;
  return key === 0 ? `${whole}, hidden` : `${whole}, rescaled ${weight(withoutFirst(row)[key])}`;
}

/** Returns a sentence about the first token's weight in a row, and whether the token is hidden. */
export function sinkSentence(row, hidesFirst) {
  const takes = weight(row[0]);
  const done = hidesFirst ? `The first token is hidden (${takes} of this row) and the rest is rescaled.` : `The first token takes ${takes} of this row.`;
  return `${done} Heads that find nothing to attend to give it their weight: an attention sink (Xiao et al. 2023).`;
}

/** Returns the tokens with the largest weights of a row. @param {string[]} tokens */
export function mostSentence(row, tokens, shown) {
  const best = Array.from(row, (_, key) => key).sort((a, b) => row[b] - row[a]).slice(0, shown);
  return `most to ${best.map((key) => `“${tokens[key]}” ${weight(row[key])}`).join(", ")}`;
}

const NEARLY_ONE = 0.02; // how far the sum of rounded weights may be from 1

/**
 * Returns the tokens with the largest weights of a row, and the row's entropy. A row that does not add up to 1 has none: it is
 * a part of an attention, or the largest weights of several heads. Then its sum is told.
 *
 * @param {import("./weights.js").Weights} row
 * @param {string[]} tokens
 * @param {string} [note]  a sentence that follows, or ""
 */
export function rowSentence(row, tokens, note = "") {
  const sum = total(row);
  const whole = Math.abs(sum - 1) <= NEARLY_ONE ? `entropy ${bits(entropyBits(row))}` : `the row adds up to ${weight(sum)}`;
  const said = `${mostSentence(row, tokens, 3)}; ${whole}`;
  return note ? `${said}. ${note}` : said;
}

/**
 * Returns a sentence about one token's weight in a query's row. It is about the whole row if `key` is null or comes
 * later, and then `note` follows. The tokens are those of `Sides`.
 */
export function querySentence({ tokens, keyTokens }, query, row, key, hidesFirst, note = "") {
  const name = quoted(tokens, query);
  if (key === null || key >= row.length) return `${name} gives ${rowSentence(row, keyTokens, note)}`;
  return `${name} → ${quoted(keyTokens, key)}: ${keyWeight(row, key, hidesFirst)}`;
}

/** Returns a token with its position counted from 1: “book” (9). */
export const quoted = (tokens, index) => `“${tokens[index]}” (${count(index + 1)})`;
