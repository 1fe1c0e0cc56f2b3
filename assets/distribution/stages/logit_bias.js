/** Logit bias: adds a number to the logits of some tokens, or removes them. */

/**
 * `logit_bias` holds pairs of a token's id and its bias, null for one that is removed.
 *
 * @type {import("../penalties.js").Penalty}
 */
export function apply(_, { logit_bias }, logitOf) {
  const biased = ([id, bias]) => [id, bias === null ? -Infinity : Math.fround(logitOf(id) + Math.fround(bias))];
  return new Map(logit_bias.map(biased));
}
