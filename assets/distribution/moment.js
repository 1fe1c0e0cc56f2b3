/**
 * What stages may read beside the scores: the text so far, and what belongs to the step. Pure values.
 *
 * @typedef {object} Moment
 * @property {number[]} ids  all tokens before the step, prompt included
 * @property {number} promptLength  how many of them are the prompt
 * @property {number[]} sourceIds  what the encoder reads, empty for a decoder-only model
 * @property {number[]} surprises  of each token of the completion, -log2 of its probability after all stages
 * @property {number} seed  of the settings under which the step was made
 */

/**
 * @param {number[]} ids  alone they are those of a prompt
 * @param {Partial<Moment>} [others]
 * @returns {Moment}
 */
export const momentOf = (ids, others = {}) => ({ ids, promptLength: ids.length, sourceIds: [], surprises: [], seed: 0, ...others });
