/**
 * What stages may read beside the scores: the text so far, and what belongs to the step. Pure values.
 *
 * @typedef {object} Moment
 * @property {number[]} ids  all tokens before the step, prompt included
 * @property {number} promptLength  how many of them are the prompt
 * @property {number[]} sourceIds  what the encoder reads, empty for a decoder-only model
 * @property {number[]} surprises  of each token of the completion, -log2 of its probability after all stages
 * @property {number} seed  of the settings under which the step was made
 * @property {Words} words  of the model
 *
 * @typedef {object} Words
 * @property {number[]} endIds  the tokens that end a text
 * @property {(setting: string, value: any) => any} idsOf  a setting's value with ids in place of its words, undefined as
 *   long as they are not known
 */

/** @type {Words} */
const NO_WORDS = { endIds: [], idsOf: () => undefined };

/**
 * @param {number[]} ids  alone they are those of a prompt
 * @param {Partial<Moment>} [others]
 * @returns {Moment}
 */
export const momentOf = (ids, others = {}) => ({ ids, promptLength: ids.length, sourceIds: [], surprises: [], seed: 0, words: NO_WORDS, ...others });
