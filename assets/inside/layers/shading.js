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

import { fixed, t } from "../../common/language.js";
import { SHADES } from "../../common/shading.js";
import { percent } from "../../common/words.js";

const RANKS = [[1, 7], [3, 6], [10, 5], [30, 4], [100, 3], [1000, 2], [10_000, 1]]; // up to rank, shade
const KL_NATS = [[0.1, 7], [0.5, 6], [1, 5], [2, 4], [4, 3], [8, 2], [16, 1]]; // up to so many nats, shade

const upTo = (steps, number) => steps.find(([end]) => number <= end)?.[1] ?? 0;
const ALL = Array.from({ length: SHADES }, (_, shade) => shade);

const upToWords = (number) => t("to {number}", { number });

/** @type {Record<string, Meaning>} by what the reader chooses */
export const MEANINGS = {
  probability: {
    name: t("probability of the cell’s word"),
    shade: ({ top }) => Math.min(SHADES - 1, Math.floor(top[0][1] * SHADES)),
    words: ({ top }) => percent(top[0][1]),
    legend: [t("0 %"), ...ALL, t("100 %")],
  },
  rank: {
    name: t("rank of the final word"),
    shade: ({ rank }) => upTo(RANKS, rank),
    words: ({ rank }) => t("the final word has rank {rank}", { rank }),
    legend: [7, "1", 6, upToWords(3), 5, upToWords(10), 4, upToWords(30), 3, upToWords(100), 2, upToWords(1000), 1, upToWords(10_000), 0, t("more")],
  },
  KL: {
    name: t("KL to the end, in nats"),
    shade: ({ klNats }) => upTo(KL_NATS, klNats),
    words: ({ klNats }) => t("KL {kl} to the end", { kl: nats(klNats) }),
    legend: [7, upToWords(0.1), 6, upToWords(0.5), 5, upToWords(1), 4, upToWords(2), 3, upToWords(4), 2, upToWords(8), 1, t("to {n} nats", { n: 16 }), 0, t("more")],
  },
};

/** 1.2345 -> "1.23 nats" */
export const nats = (number) => t("{number} nats", { number: fixed(number < 0.005 ? 0 : number, 2) });
