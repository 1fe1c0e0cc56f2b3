/** Repetition penalty: divides positive and multiplies negative logits of the tokens seen before. */

import { countsOf, lastOf } from "../text_window.js";

export const isOn = ({ repetition_penalty, repeat_last_n }) => repetition_penalty !== 1 && repeat_last_n !== 0;

/**
 * A token counts once, however often it occurred.
 *
 * @type {import("../penalties.js").Penalty}
 */
export function apply({ ids }, { repetition_penalty, repeat_last_n }, logitOf, size) {
  const factor = Math.fround(repetition_penalty);
  const seen = [...countsOf(lastOf(ids, repeat_last_n), size).keys()];
  const penalised = (logit) => Math.fround(logit < 0 ? logit * factor : logit / factor);
  return new Map(seen.map((id) => [id, penalised(logitOf(id))]));
}
