/** Applies a stage that has no JavaScript to what is left, as the server tells it. Does not know the page or the server. */

import { lack } from "./ready.js";
import { answered } from "./served.js";

/**
 * @typedef {object} Served
 * @property {import("./left.js").Left} left  unchanged as long as the server has not answered
 * @property {Float32Array} scores  by token id, after the stage
 * @property {Uint32Array} banned  tokens that it removed
 * @property {Uint32Array} changed  tokens whose score it changed
 * @property {number} removedMass  the probability of what it removed, just before it did
 * @property {Partial<import("./distribution.js").Stage>} lacks  what is recorded of the stage where there is no answer
 */

/**
 * @param {import("./left.js").Left} before
 * @param {{name: string, told: Record<string, any>}} stage
 * @param {import("./moment.js").Moment} moment
 * @param {import("./distribution.js").Stage[]} earlier  the stages that made `before` of the row
 * @returns {Served}
 */
export function served(before, { name, told: values }, moment, earlier) {
  const { row } = before;
  const isAsked = before.count > 0 && before.stretch[1] <= row.known; // the server needs each token's own score
  const made = JSON.stringify([before.count, ...earlier.filter(({ off }) => !off)]);
  const answer = isAsked ? answered(row, made, { name, values, moment, scores: () => before.byId }) : before.byId;
  const scores = answer instanceof Float32Array ? answer : before.byId;
  const left = answer instanceof Float32Array ? before.scored(answer) : before;
  const ids = before.ranking.order.subarray(...before.stretch);
  const banned = ids.filter((id) => scores[id] === -Infinity);
  const changed = ids.filter((id) => scores[id] > -Infinity && scores[id] !== before.byId[id]);
  const removed = banned.reduce((sum, id) => sum + Math.exp(before.byId[id] - before.byId[ids[0]]), 0);
  const removedMass = banned.length ? removed / before.weight : 0;
  return { left, scores, banned, changed, removedMass, lacks: answer instanceof Float32Array ? {} : lack(answer) };
}
