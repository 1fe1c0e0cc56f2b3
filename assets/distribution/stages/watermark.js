/** Watermark: raises the scores of the tokens that are green after the token before. */

/**
 * @param {Uint8Array} mask  one bit for each token; see `Moment`
 * @returns {(id: number) => boolean} whether a token is green
 */
export const apply = (mask) => (id) => ((mask[id >> 3] >> (id & 7)) & 1) === 1;
