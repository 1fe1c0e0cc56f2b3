/**
 * Defines what the shades of the strip can mean: a number for each step, its scale of eight shades, and its legend.
 * Knows steps, not the page.
 *
 * @typedef {object} Shading
 * @property {(step: import("./trace.js").Step) => number} [shade]  0 (lightest) to 7; may be missing
 * @property {(step: import("./trace.js").Step) => string} [words]  the number, for readers who see no shades
 * @property {(string | number)[]} legend  words and shades, in their order
 */

import { bits, count, percent } from "./words.js";

export const SHADES = 8;

const ALL = Array.from({ length: SHADES }, (_, shade) => shade);
const RANKS = [[1, 7], [10, 5], [100, 3], [1000, 1]]; // up to rank, shade

const clamp = (number) => Math.max(0, Math.min(SHADES - 1, Math.floor(number)));
const surprisal = (step) => -Math.log2(step.raw_probability);

/** @type {Record<string, Shading>} by the name of the number that they show */
export const SHADINGS = {
  probability: {
    shade: (step) => clamp(step.probability * SHADES),
    words: (step) => `probability ${percent(step.probability)}`,
    legend: ["unlikely", ...ALL, "likely"],
  },
  rank: {
    shade: (step) => RANKS.find(([rank]) => step.rank <= rank)?.[1] ?? 0,
    words: (step) => `rank ${count(step.rank)}`,
    legend: [7, "1", 5, "to 10", 3, "to 100", 1, "to 1,000", 0, "more"],
  },
  surprisal: {
    shade: (step) => clamp(surprisal(step) / 2),
    words: (step) => `surprisal ${bits(surprisal(step))}`,
    legend: ["0 bits", ...ALL, "14 or more"],
  },
  entropy: {
    shade: (step) => clamp(step.entropy_bits),
    words: (step) => `entropy ${bits(step.entropy_bits)}`,
    legend: ["0 bits", ...ALL, "7 or more"],
  },
  attention: { legend: [] }, // the weights of the step in view, which a step alone does not have
};
