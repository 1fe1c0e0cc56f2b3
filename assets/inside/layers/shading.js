/**
 * What the shades of the lens can mean: the probability of the cell's own word, the rank of the final word, or how far the
 * layer is from the end. Dark is always near to the model's own answer. Knows cells, not the page.
 *
 * @typedef {import("./cells.js").Cell} Cell
 *
 * @typedef {object} Meaning
 * @property {string} name
 * @property {(cell: Cell) => number} shade  0 to 7
 * @property {(cell: Cell) => string} words  the number, for readers who see no shades
 * @property {(string | number)[]} legend  words and shades, in their order
 */

import { SHADES } from "../../common/shading.js";
import { count, percent } from "../../common/words.js";

const RANKS = [[1, 7], [3, 6], [10, 5], [30, 4], [100, 3], [1000, 2], [10_000, 1]]; // up to rank, shade
const KL_NATS = [[0.1, 7], [0.5, 6], [1, 5], [2, 4], [4, 3], [8, 2], [16, 1]]; // up to so many nats, shade

const upTo = (steps, number) => steps.find(([end]) => number <= end)?.[1] ?? 0;
const ALL = Array.from({ length: SHADES }, (_, shade) => shade);

/** @type {Record<string, Meaning>} by what the reader chooses */
export const MEANINGS = {
  probability: {
    name: "probability of the cell’s word",
    shade: ({ top }) => Math.min(SHADES - 1, Math.floor(top[0][1] * SHADES)),
    words: ({ top }) => percent(top[0][1]),
    legend: ["0 %", ...ALL, "100 %"],
  },
  rank: {
    name: "rank of the final word",
    shade: ({ rank }) => upTo(RANKS, rank),
    words: ({ rank }) => `the final word has rank ${count(rank)}`,
    legend: [7, "1", 6, "to 3", 5, "to 10", 4, "to 30", 3, "to 100", 2, "to 1,000", 1, "to 10,000", 0, "more"],
  },
  KL: {
    name: "KL to the end, in nats",
    shade: ({ klNats }) => upTo(KL_NATS, klNats),
    words: ({ klNats }) => `KL ${nats(klNats)} to the end`,
    legend: [7, "to 0.1", 6, "to 0.5", 5, "to 1", 4, "to 2", 3, "to 4", 2, "to 8", 1, "to 16 nats", 0, "more"],
  },
};

/** 1.2345 -> "1.23 nats" */
export const nats = (number) => `${number < 0.005 ? "0.00" : number.toFixed(2)} nats`;
