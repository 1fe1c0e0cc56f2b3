/** DRY: lowers the logit of a token that would continue a repetition, the more the longer the repetition is. */

import { followers, sinceBreaker } from "../repeats.js";
import { lastOf } from "../text_window.js";

const LOG_OF_MOST = 88.7228391; // of float32's largest number, at which the power of the base stops growing
const SMALLEST_BASE = 1.000001;

export const isOn = ({ dry_multiplier, dry_penalty_last_n }) => dry_multiplier !== 0 && dry_penalty_last_n !== 0;

/** @type {import("../penalties.js").Penalty} */
export function apply(moment, values, logitOf, size) {
  const { dry_allowed_length: allowed, dry_sequence_breakers: breakers } = values;
  const ids = lastOf(moment.ids, values.dry_penalty_last_n);
  const repeats = [...followers(ids)].filter(([, length]) => length >= allowed);
  const longest = repeats.reduce((most, [, length]) => Math.max(most, length), 0);
  const limit = sinceBreaker(ids, breakers, longest);
  if (limit < allowed) return new Map();
  const isBreaker = (id) => (breakers[id] ?? []).some((tail) => !tail.length);
  const lowered = new Map();
  for (const [id, length] of repeats) {
    if (id >= size || isBreaker(id)) continue;
    lowered.set(id, Math.fround(logitOf(id) - penalty(Math.min(length, limit) - allowed, values)));
  }
  return lowered;
}

/** @param {Record<string, any>} values  of the stage */
function penalty(exponent, values) {
  const base = Math.fround(values.dry_base);
  const most = base > SMALLEST_BASE ? Math.trunc(LOG_OF_MOST / Math.log(base)) : Infinity;
  return Math.fround(Math.fround(values.dry_multiplier) * base ** Math.min(exponent, most));
}
