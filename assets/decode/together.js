/**
 * Holds what a class draws together from one step, so that the step's bars and ribbon show the counts of the class in place
 * of the reader's own draws. Whoever knows the class tells it here; this module does not know the class.
 *
 * @typedef {object} Round
 * @property {string} traceId  the page's id of the text
 * @property {number} index  of the step
 * @property {Settings} settings  the ones under which the class draws
 * @property {Record<string, number>} counts  by the token's id
 * @property {number | null} u  the reader's own random number, null before the own draw
 *
 * @typedef {import("../distribution/settings.js").Settings} Settings
 *
 * @typedef {{draws: Draws, u: number | null}} Together  what the step in view shows of a round
 */

import { differences } from "../common/words.js";
import { Draws } from "./draws.js";

/** @type {Round | null} */
let round = null;

/** Reports the round to the document's "playground:together" listeners. @param {Round | null} now  null when there is none */
export function tellTogether(now) {
  round = now;
  document.dispatchEvent(new Event("playground:together"));
}

/**
 * @param {string} traceId @param {number} index @param {Settings} settings  what is in view
 * @returns {Together | null} null if the class does not draw from what is in view
 */
export function togetherAt(traceId, index, settings) {
  if (round?.traceId !== traceId || round.index !== index || !drawAlike(round.settings, settings)) return null;
  return { draws: Draws.of(round.counts), u: round.u };
}

/** @param {Settings} one @param {Settings} other @returns {boolean} whether both make the same distribution of a step */
export function drawAlike(one, other) {
  const { shown, written } = differences(one, other);
  return shown.length + written.length === 0;
}
