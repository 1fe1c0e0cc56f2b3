/**
 * What stages may read beside the scores: the text so far, and what belongs to the step. Pure values.
 *
 * @typedef {object} Moment
 * @property {number[]} ids  all tokens before the step, prompt included
 * @property {number} promptLength  how many of them are the prompt
 * @property {number[]} sourceIds  what the encoder reads, empty for a decoder-only model
 * @property {number[]} surprises  of each token of the completion, -log2 of its probability after all stages; Infinity for a
 *   token that the settings did not choose
 * @property {number} seed  of the settings under which the step was made
 * @property {Words} words  of the model
 * @property {(constraint: Record<string, any>) => Uint8Array | Missing} maskOf  which tokens may follow the text under a
 *   constraint: that of token i is bit i % 8 of byte i / 8
 * @property {(watermark: Record<string, any>) => Uint8Array | Missing} greenOf  which tokens are green after the last one
 * @property {(() => void) | null} onAnswer  called when an answer of the server has come that a stage lacked at this moment;
 *   null where the server is not asked
 *
 * @typedef {object} Words
 * @property {(setting: string, value?: any) => any} idsOf  a setting's value with ids in place of its words, or for
 *   "end_ids" the tokens that end a text; or what is missing
 *
 * @typedef {Error | undefined | null} Missing  what stands for an answer of the server that is not there: an error whose
 *   sentence says why the server refuses, undefined as long as it has not answered, null where it is not asked
 */

import { uniform } from "./chance.js";

/** @type {Words} */
const NO_WORDS = { idsOf: () => null };

/**
 * @param {Moment} moment
 * @param {number} stream  what the number is for: a stage that draws has one of its own, and the draw of the token is 0
 * @returns {number} the random number of the step for it, uniform in [0, 1)
 */
export const chanceOf = ({ ids, promptLength, seed }, stream) => uniform(seed, ids.length - promptLength, stream);

/**
 * @param {number[]} ids  alone they are those of a prompt
 * @param {Partial<Moment>} [others]
 * @returns {Moment}
 */
export const momentOf = (ids, others = {}) => ({ ids, promptLength: ids.length, sourceIds: [], surprises: [], seed: 0, words: NO_WORDS, maskOf: () => null, greenOf: () => null, onAnswer: null, ...others });
