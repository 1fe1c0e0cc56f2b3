/**
 * Defines what the shades of the strip can mean: a number for each step, its scale of eight shades, and its legend.
 * Knows steps, not the page.
 *
 * @typedef {object} Shading
 * @property {string} label  the name of the number that it shows
 * @property {(step: import("./trace.js").Step) => number} [shade]  0 (lightest) to 7; may be missing
 * @property {(step: import("./trace.js").Step) => string} [words]  the number, for readers who see no shades
 * @property {(string | number)[]} legend  words and shades, in their order
 */

import { t } from "./language.js";
import { bits, count, percent } from "./words.js";

export const SHADES = 8;

const ALL = Array.from({ length: SHADES }, (_, shade) => shade);
const RANKS = [[1, 7], [10, 5], [100, 3], [1000, 1]]; // up to rank, shade

const clamp = (number) => Math.max(0, Math.min(SHADES - 1, Math.floor(number)));
const upTo = (rank) => t("to {rank}", { rank });
const surprisal = (step) => -Math.log2(step.raw_probability);

/** @type {Record<string, Shading>} */
export const SHADINGS = {
  probability: {
    label: t("probability"),
    shade: (step) => clamp(step.probability * SHADES),
    words: (step) => t("probability {share}", { share: percent(step.probability) }),
    legend: [t("unlikely"), ...ALL, t("likely")],
  },
  rank: {
    label: t("rank"),
    shade: (step) => RANKS.find(([rank]) => step.rank <= rank)?.[1] ?? 0,
    words: (step) => t("rank {rank}", { rank: step.rank }),
    legend: [7, count(1), 5, upTo(10), 3, upTo(100), 1, upTo(1000), 0, t("more")],
  },
  surprisal: {
    label: t("surprisal"),
    shade: (step) => clamp(surprisal(step) / 2),
    words: (step) => t("surprisal {bits}", { bits: bits(surprisal(step)) }),
    legend: [t("0 bits"), ...ALL, t("{number} or more", { number: 14 })],
  },
  entropy: {
    label: t("entropy"),
    shade: (step) => clamp(step.entropy_bits),
    words: (step) => t("entropy {bits}", { bits: bits(step.entropy_bits) }),
    legend: [t("0 bits"), ...ALL, t("{number} or more", { number: 7 })],
  },
  attention: { label: t("attention"), legend: [] }, // the weights of the step in view, which a step alone does not have
};
