/**
 * What the text so far does to the logits: the stages that read it, one after the other. Knows what is left, not the page.
 *
 * @callback Penalty
 * @param {import("./moment.js").Moment} moment
 * @param {Record<string, any>} values  of the stage's settings
 * @param {(id: number) => number} logitOf  as the stage before left it
 * @param {number} size  of the vocabulary
 * @returns {Map<number, number>} token id -> its logit, of every token that the stage touches; -Infinity removes it
 *
 * @typedef {object} Deed  of one stage
 * @property {string} name
 * @property {number} moved  tokens whose logit it changed
 * @property {Map<number, number>} touched  token id -> its logit after the stage, of those that it changed or removed
 * @property {number[]} banned  tokens it removed
 * @property {number} removedMass  their probability just before
 */

/**
 * @param {import("./left.js").Left} left
 * @param {import("./moment.js").Moment} moment
 * @param {{name: string, values: Record<string, any>, apply: Penalty}[]} penalties  in order
 * @returns {{left: import("./left.js").Left, changed: Map<number, number>, deeds: Deed[]}} `changed` has the logit of
 *   every token that a penalty touched
 */
export function penalise(left, moment, penalties) {
  const changed = new Map();
  const logitOf = (id) => changed.get(id) ?? left.scoreOf(id);
  const size = left.row.logits.length;
  const deeds = penalties.map(({ name, values, apply }) => {
    const touched = new Map([...apply(moment, values, logitOf, size)].filter(([id, logit]) => logitOf(id) > -Infinity && logit !== logitOf(id)));
    const banned = [...touched.keys()].filter((id) => touched.get(id) === -Infinity);
    const removedMass = banned.length ? shareOf(banned, left, changed) : 0;
    for (const [id, logit] of touched) changed.set(id, logit);
    return { name, moved: touched.size - banned.length, touched, banned, removedMass };
  });
  return { left: left.moved(changed), changed, deeds };
}

/** A difference of sums that is smaller than this share of them is not exact enough. */
const SMALL = 1e-4;

/** @returns {number} the probability of tokens that are left, after the changes so far */
function shareOf(ids, left, changed) {
  const bestOf = ({ ranking, stretch }) => ranking.scores[stretch[0]];
  let highest = bestOf(left);
  for (const logit of changed.values()) highest = Math.max(highest, logit);
  const weightOf = (logit) => Math.exp(logit - highest);
  const before = left.weight * weightOf(bestOf(left));
  let total = before;
  for (const [id, logit] of changed) total += weightOf(logit) - weightOf(left.scoreOf(id));
  if (total < SMALL * before) {
    const now = left.moved(changed);
    total = now.weight * weightOf(bestOf(now));
  }
  let weight = 0;
  for (const id of ids) weight += weightOf(changed.get(id) ?? left.scoreOf(id));
  return Math.min(1, weight / total);
}
