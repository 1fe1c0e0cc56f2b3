/**
 * The values that each setting may take, as `playground/decoding/settings.py` has them: a test fails where the two differ.
 *
 * @typedef {object} Rule
 * @property {number} low
 * @property {number} high  included
 * @property {boolean} [openLow]  whether `low` is left out
 * @property {boolean} [whole]
 * @property {number[]} [off]  of a stage: the values under which it does nothing; the first one is its default
 */

export const STRATEGIES = ["greedy", "sample", "beam"];

/** @type {Record<string, Rule>} the stages first, in the order of `generate` */
export const RULES = {
  repetition_penalty: { low: 0.01, high: 100, off: [1] },
  no_repeat_ngram_size: { low: 0, high: 1000, whole: true, off: [0] },
  temperature: { low: 0.001, high: 100, off: [1] },
  top_k: { low: 0, high: 10_000_000, whole: true, off: [0] },
  top_p: { low: 0, high: 1, off: [1] },
  min_p: { low: 0, high: 1, off: [0] },
  typical_p: { low: 0, openLow: true, high: 1, off: [1] },
  epsilon_cutoff: { low: 0, high: 1, off: [0, 1] },
  eta_cutoff: { low: 0, high: 1, off: [0, 1] },
  num_beams: { low: 1, high: 64, whole: true },
  length_penalty: { low: -10, high: 10 },
};

/** What `generate` looks at under every strategy; greedy and beam search ignore all other stages. */
export const PENALTIES = ["repetition_penalty", "no_repeat_ngram_size"];
