/** Constraint: removes the tokens that the server's mask of the step does not allow. */

/**
 * @param {Uint8Array} mask  one bit for each token; see `Moment`
 * @returns {(id: number) => boolean} whether a token may follow
 */
export const apply = (mask) => (id) => ((mask[id >> 3] >> (id & 7)) & 1) === 1;

/** @returns {boolean} whether there is a constraint of any kind */
export const isOn = ({ regex, json_schema, choices, grammar }) => [regex, json_schema, choices, grammar].some((one) => one !== null && one !== undefined);
