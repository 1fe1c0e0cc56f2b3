/**
 * Says what a token's weights over the source's tokens are, in words and as curves. Knows numbers and texts, not the page.
 *
 * @typedef {import("../attention/weights.js").Weights} Weights
 * @typedef {{x: number, y: number}} Point
 */

import { fixed, t } from "../common/language.js";

export const MOST_CURVES = 4;
const LEAST_SHARE = 0.1; // of the largest weight: weaker ones get no curve
const LEAST_NAMED = 0.1; // the least weight that the sentence names beside the largest

/** @param {Weights} weights @returns {number[]} the places with the largest weights, the largest first */
export function strongest(weights, most = MOST_CURVES) {
  const places = Array.from(weights, (_, place) => place).sort((a, b) => weights[b] - weights[a]);
  const top = weights[places[0]];
  return places.slice(0, most).filter((place) => weights[place] > 0 && weights[place] >= LEAST_SHARE * top);
}

/**
 * @param {string} token  the text of the token in view
 * @param {string[]} source  the texts of the source's tokens
 * @param {Weights} weights
 * @returns {string} "“machine” looks most at “automatique” (0.54), then at “apprentissage” (0.27)"
 */
export function lookSentence(token, source, weights) {
  const [first, second] = strongest(weights, 2);
  const values = { token: named(token), word: named(source[first] ?? ""), weight: share(weights[first] ?? 0) };
  if (first === undefined) return t("{token} looks at nothing of the source", values);
  if (!(weights[second] >= LEAST_NAMED)) return t("{token} looks most at {word} ({weight})", values);
  const next = { second: named(source[second]), secondWeight: share(weights[second]) };
  return t("{token} looks most at {word} ({weight}), then at {second} ({secondWeight})", { ...values, ...next });
}

/** @returns {string} "“machine” → “automatique”: weight 0.54" */
export const pairSentence = (token, word, weight) =>
  t("{token} → {word}: weight {weight}", { token: named(token), word: named(word), weight: share(weight) });

/** @returns {string} a weight with two decimals */
export const share = (weight) => (weight > 0 && weight < 0.005 ? `<${fixed(0.01, 2)}` : fixed(weight, 2));

/** Returns a token in quotation marks, without the sign of the space before it. */
const named = (text) => t("“{token}”", { token: text.replace(/^[·▁](?=.)/, "") });

/** @param {Point} from  above @param {Point} to  below @returns {string} the path of a curve that leaves and arrives upright */
export function curve(from, to) {
  const middle = (from.y + to.y) / 2;
  return `M${from.x} ${from.y} C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y}`;
}
