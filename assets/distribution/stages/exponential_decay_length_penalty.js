/** Exponential decay of the length: raises the logits of the tokens that end the text, the more the longer it is. */

const MOST_FACTOR = 3e30; // the power of the factor stops growing here, as in Python

/** @type {import("../penalties.js").Penalty} */
export function apply({ ids, promptLength }, { exponential_decay_length_penalty: [start, factor], end_ids }, logitOf) {
  const beyond = ids.length - promptLength - start;
  if (beyond <= 0) return new Map();
  const most = factor > 1 ? Math.floor(Math.log(MOST_FACTOR) / Math.log(factor)) : Infinity;
  const growth = Math.fround(factor ** Math.min(beyond, most) - 1);
  const raised = (logit) => Math.fround(logit + Math.fround(Math.abs(logit) * growth));
  return new Map(end_ids.filter((id) => logitOf(id) > -Infinity).map((id) => [id, raised(logitOf(id))]));
}
