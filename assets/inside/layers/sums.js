/**
 * The arithmetic of a shared-out logit: its terms by block, their running total, and the largest ones. Knows numbers only.
 *
 * @typedef {import("./reader.js").Terms} Terms
 *
 * @typedef {"attention" | "cross_attention" | "feed_forward"} Writer
 *
 * @typedef {object} Term
 * @property {"embedding" | Writer | "bias"} kind
 * @property {number | null} block  null for what belongs to no block
 * @property {number} value
 */

import { fixed, t } from "../../common/language.js";

/** @type {Record<Writer, string>} what they are called */
export const WRITERS = { attention: t("attention"), cross_attention: t("cross-attention"), feed_forward: t("feed-forward") };

/** @type {Record<Writer, string>} the ends of the classes that colour them */
export const COLOURS = { attention: "attention", cross_attention: "cross-attention", feed_forward: "feed-forward" };

/** @param {Terms} terms @returns {number[]} the total after the embedding and the bias, and then after each block */
export function totals(terms) {
  const found = [terms.embedding + terms.bias];
  for (const block of terms.attention.keys()) found.push(writersOf(terms).reduce((sum, kind) => sum + terms[kind][block], found[block]));
  return found;
}

/** @param {Terms} terms @returns {Writer[]} what writes in each block, in order */
export const writersOf = (terms) => (terms.cross_attention ? ["attention", "cross_attention", "feed_forward"] : ["attention", "feed_forward"]);

/** @param {Terms} terms @returns {Term[]} all terms but the remainder, in the order of the model */
export function allTerms(terms) {
  const ofBlock = (_, block) => writersOf(terms).map((kind) => /** @type {Term} */ ({ kind, block, value: terms[kind][block] }));
  const blocks = terms.attention.flatMap(ofBlock);
  return [{ kind: "embedding", block: null, value: terms.embedding }, ...blocks, { kind: "bias", block: null, value: terms.bias }];
}

/** @param {Terms} terms @param {1 | -1} sign @param {number} most @returns {Term[]} the largest terms of a sign, largest first */
export function largest(terms, sign, most) {
  const own = allTerms(terms).filter(({ value }) => value * sign > 0);
  return own.sort((a, b) => (b.value - a.value) * sign).slice(0, most);
}

/** @param {Term} term @returns {string} "the attention of layer 23" */
export function nameOf({ kind, block }) {
  if (kind === "embedding") return t("the embedding");
  if (kind === "bias") return t("the biases");
  if (kind === "attention") return t("the attention of layer {layer}", { layer: block });
  return kind === "cross_attention" ? t("the cross-attention of layer {layer}", { layer: block }) : t("the feed-forward of layer {layer}", { layer: block });
}

/** 3.3412 -> "+3.34", with a true minus; a number that is nearly 0 keeps one figure: "+0.000002" */
export function signed(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const figures = fixed(size, size >= 0.005 ? 2 : Math.min(20, Math.ceil(-Math.log10(size))));
  return `${value < 0 ? "−" : "+"}${figures}`;
}

/** @param {number} low @param {number} high @returns {number[]} round numbers from below `low` to above `high` */
export function roundTicks(low, high) {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span));
  const step = [0.2, 0.5, 1, 2].map((part) => part * power).find((one) => span / one <= 6) ?? 5 * power;
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, number) => Number(((first + number) * step).toPrecision(6)));
}
