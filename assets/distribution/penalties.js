/**
 * What the text so far does to the logits: the stages that read it, one after the other. Knows rows, not the page.
 *
 * @callback Penalty
 * @param {number[]} ids  prompt and completion up to this step
 * @param {number} value  of the stage's setting
 * @param {(id: number) => number} logitOf  as the stage before left it
 * @param {number} size  of the vocabulary
 * @returns {Map<number, number>} token id -> its logit, of every token that the stage touches; -Infinity removes it
 *
 * @typedef {object} Penalised
 * @property {import("./row.js").Ranking} ranking
 * @property {Map<number, number>} changed  token id -> its logit now; every token that a penalty touched
 * @property {Map<number, string>} bannedBy  token id -> the stage that removed it, if it was possible before
 * @property {{name: string, moved: number, banned: number, removedMass: number}[]} deeds  of each stage: tokens whose
 *   logit it changed, tokens it removed, and their probability just before
 */

import { precedes } from "./row.js";

/**
 * @param {import("./row.js").Row} row
 * @param {number[]} ids  prompt and completion up to this step
 * @param {{name: string, value: number, apply: Penalty}[]} penalties  those that are on, in order
 * @returns {Penalised}
 */
export function penalise(row, ids, penalties) {
  const changed = new Map();
  const bannedBy = new Map();
  const logitOf = (id) => changed.get(id) ?? row.logits[id];
  const deeds = penalties.map(({ name, value, apply }) => {
    const touched = [...apply(ids, value, logitOf, row.logits.length)].filter(([id]) => logitOf(id) > -Infinity);
    const banned = touched.filter(([, logit]) => logit === -Infinity).map(([id]) => id);
    const moved = touched.filter(([id, logit]) => logit > -Infinity && logit !== logitOf(id)).length;
    const removedMass = banned.length ? shareOf(banned, merge(row, changed), logitOf) : 0;
    for (const [id, logit] of touched) changed.set(id, logit);
    for (const id of banned) bannedBy.set(id, name);
    return { name, moved, banned: banned.length, removedMass };
  });
  return { ranking: merge(row, changed), changed, bannedBy, deeds };
}

function shareOf(tokens, ranking, logitOf) {
  const weightOf = (logit) => Math.exp(logit - ranking.scores[0]);
  let total = 0;
  for (const score of ranking.scores) total += weightOf(score);
  let share = 0;
  for (const id of tokens) share += weightOf(logitOf(id)) / total;
  return share;
}

/** The row's ranking with the changed tokens moved to their new places: one walk, where sorting again costs ten. */
function merge(row, changed) {
  if (!changed.size) return row;
  const isChanged = new Uint8Array(row.order.length);
  for (const id of changed.keys()) isChanged[id] = 1;
  const movers = [...changed].sort(([a, scoreA], [b, scoreB]) => (scoreA === scoreB ? b - a : scoreB - scoreA));
  const order = new Uint32Array(row.order.length);
  const scores = new Float32Array(row.order.length);
  let next = 0;
  let place = 0;
  const put = (id, score) => {
    order[place] = id;
    scores[place++] = score;
  };
  for (let i = 0; i < row.order.length; i++) {
    const id = row.order[i];
    if (isChanged[id]) continue;
    const score = row.scores[i];
    while (next < movers.length && precedes(movers[next][1], movers[next][0], score, id)) put(...movers[next++]);
    put(id, score);
  }
  while (next < movers.length) put(...movers[next++]);
  return { order, scores };
}
