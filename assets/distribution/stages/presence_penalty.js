/** Presence penalty: lowers the logits of the text's tokens, however often they occurred. */

import { countsOf, lastOf } from "../text_window.js";

export const isOn = ({ presence_penalty, repeat_last_n }) => presence_penalty !== 0 && repeat_last_n !== 0;

/** @type {import("../penalties.js").Penalty} */
export function apply({ ids }, { presence_penalty, repeat_last_n }, logitOf, size) {
  const amount = Math.fround(presence_penalty);
  const seen = [...countsOf(lastOf(ids, repeat_last_n), size).keys()];
  return new Map(seen.map((id) => [id, Math.fround(logitOf(id) - amount)]));
}
