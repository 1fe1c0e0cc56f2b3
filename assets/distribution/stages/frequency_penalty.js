/** Frequency penalty: lowers the logits of the text's tokens, once for each time they occurred. */

import { countsOf, lastOf } from "../text_window.js";

export const isOn = ({ frequency_penalty, repeat_last_n }) => frequency_penalty !== 0 && repeat_last_n !== 0;

/** @type {import("../penalties.js").Penalty} */
export function apply({ ids }, { frequency_penalty, repeat_last_n }, logitOf, size) {
  const each = Math.fround(frequency_penalty);
  const lowered = new Map();
  for (const [id, count] of countsOf(lastOf(ids, repeat_last_n), size)) {
    lowered.set(id, Math.fround(logitOf(id) - Math.fround(count * each)));
  }
  return lowered;
}
