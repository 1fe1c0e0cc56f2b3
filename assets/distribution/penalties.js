/**
 * What the text so far does to the logits: repetition penalty and no-repeat n-grams. Knows rows, not the page.
 *
 * @typedef {object} Penalised
 * @property {import("./row.js").Ranking} ranking
 * @property {Map<number, number>} changed  token id -> its logit now; every token a penalty touched
 * @property {number} moved  tokens whose logit the repetition penalty changed
 * @property {Set<number>} banned  tokens that would repeat an n-gram and were possible before
 * @property {number} bannedMass  their probability, after the repetition penalty and before the ban
 */

import { precedes } from "./row.js";

/**
 * @param {import("./row.js").Row} row
 * @param {number[]} ids  prompt and completion up to this step
 * @param {number} penalty  1 is off
 * @param {number} ngramSize  0 is off
 * @returns {Penalised}
 */
export function penalise(row, ids, penalty, ngramSize) {
  const changed = penalty === 1 ? new Map() : repetitionPenalised(row.logits, ids, penalty);
  const moved = [...changed].filter(([id, logit]) => logit !== row.logits[id]).length;
  const logitOf = (id) => changed.get(id) ?? row.logits[id];
  const banned = new Set(repeating(ids, ngramSize).filter((id) => logitOf(id) > -Infinity));
  const bannedMass = banned.size ? shareOf(banned, merge(row, changed), logitOf) : 0;
  for (const id of banned) changed.set(id, -Infinity);
  return { ranking: merge(row, changed), changed, moved, banned, bannedMass };
}

/** A positive logit is divided by the penalty, a negative one multiplied: once a token, however often it occurred. */
function repetitionPenalised(logits, ids, penalty) {
  const factor = Math.fround(penalty);
  const seen = new Set(ids.filter((id) => id < logits.length));
  const penalised = (logit) => Math.fround(logit < 0 ? logit * factor : logit / factor);
  return new Map([...seen].map((id) => [id, penalised(logits[id])]));
}

/** @returns {number[]} the tokens that once followed the last `size - 1` ids. */
function repeating(ids, size) {
  if (!size) return [];
  const suffixStart = ids.length - size + 1;
  const followers = [];
  for (let start = 0; start + size <= ids.length; start++) {
    let same = 0;
    while (same < size - 1 && ids[start + same] === ids[suffixStart + same]) same++;
    if (same === size - 1) followers.push(ids[start + same]);
  }
  return followers;
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
