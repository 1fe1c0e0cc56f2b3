/** Minimum of new tokens: removes the tokens that end the text while it is shorter. */

/** @type {import("../penalties.js").Penalty} */
export function apply({ ids, promptLength }, { min_new_tokens, end_ids }) {
  const isShort = ids.length - promptLength < min_new_tokens;
  return new Map(isShort ? end_ids.map((id) => [id, -Infinity]) : []);
}
