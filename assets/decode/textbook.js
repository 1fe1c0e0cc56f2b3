/**
 * Defines the example of the course: a distribution that is small enough to check by hand and needs no model.
 *
 * It has four words, as a course shows them, and 134 others of equal probability. Knows traces and rows, not the page.
 */

import { t } from "../common/language.js";
import { sortRow } from "../distribution/row.js";
import { OFF } from "../distribution/settings.js";

/** What the page calls it. */
export const NAME = t("Example from the course: cake, donut, banana");

const SENTENCE = ["For", "·dessert", "·I", "·would", "·like", "·some"];
/** @type {[word: string, probability: number][]} */
const NAMED = [["·cake", 0.2], ["·donut", 0.1], ["·banana", 0.02], ["·apple", 0.01]];
const OTHERS = 134;
const OTHER = 0.005;
const DRAWN = 1; // donut
const U = 0.25; // falls behind cake's 0.20, into donut's 0.10

const probabilities = [...NAMED.map(([, probability]) => probability), ...Array(OTHERS).fill(OTHER)];
const named = NAMED.map(([word]) => word);
const others = Array.from({ length: OTHERS }, (_, place) => `·word·${place + 1}`);

/** The text to show for each id: first the tokens that can be chosen, then those of the sentence. */
export const WORDS = [...named, ...others, ...SENTENCE];

export const ROW = sortRow(Float32Array.from(probabilities, Math.log));

/** @type {import("../common/trace.js").Message} */
export const MESSAGE = {
  trace_id: "textbook",
  first: 0,
  header: {
    model: "textbook",
    words: WORDS,
    caption: t(
      "Example from the course: cake .20, donut .10, banana .02, apple .01 and 134 other words of .005 each. " +
        "Try the presets Top-3 only and Nucleus 0.3: as in transformers, top-p keeps the token that crosses p.",
    ),
    prompt_ids: SENTENCE.map((_, place) => probabilities.length + place),
    settings: { strategy: "sample", ...OFF },
    vocabulary_size: probabilities.length,
    stage_notes: [],
  },
  steps: [
    {
      index: 0,
      token_id: DRAWN,
      probability: probabilities[DRAWN],
      raw_probability: probabilities[DRAWN],
      rank: 2,
      entropy_bits: -probabilities.reduce((sum, probability) => sum + probability * Math.log2(probability), 0),
      draw: U,
      kept: probabilities.length,
    },
  ],
  waiting: null,
  stop_reason: "textbook",
  first_token_seconds: null,
  tokens_per_second: null,
  error: null,
};
