/** Encoder repetition penalty: favours the tokens of the prompt, or of what an encoder read. */

/** @type {import("../penalties.js").Penalty} */
export function apply({ ids, promptLength, sourceIds }, { encoder_repetition_penalty }, logitOf, size) {
  const read = sourceIds.length ? sourceIds : ids.slice(0, promptLength);
  const factor = Math.fround(1 / encoder_repetition_penalty);
  const favoured = (logit) => Math.fround(logit < 0 ? logit * factor : logit / factor);
  return new Map([...new Set(read)].filter((id) => id < size).map((id) => [id, favoured(logitOf(id))]));
}
