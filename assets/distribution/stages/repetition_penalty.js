/** Repetition penalty: divides positive and multiplies negative logits of the tokens seen before. */

/**
 * A token counts once, however often it occurred.
 *
 * @type {import("../penalties.js").Penalty}
 */
export function apply({ ids }, { repetition_penalty: penalty }, logitOf, size) {
  const factor = Math.fround(penalty);
  const seen = new Set(ids.filter((id) => id < size));
  const penalised = (logit) => Math.fround(logit < 0 ? logit * factor : logit / factor);
  return new Map([...seen].map((id) => [id, penalised(logitOf(id))]));
}
