/**
 * Asks the server why a token is likely. Every function rejects with an Error whose message is a sentence to show.
 *
 * @typedef {object} Candidates  what may follow a position
 * @property {{token_id: number, probability: number} | null} next  the token that follows in the text, or in the place of a
 *   blank the text's own; null if there is none
 * @property {{token_id: number, probability: number}[]} top  the most probable ones
 * @property {string[] | null} [labels]  those of a model that gives labels, whose numbers then stand for tokens
 *
 * @typedef {object} Question
 * @property {string} traceId
 * @property {number} position
 * @property {number} target
 * @property {number | null} against
 * @property {"log_probability" | "logit"} scale
 * @property {"tokens" | "words"} parts
 * @property {"delete" | "zero"} how  of leave one out
 * @property {number} steps  of integrated gradients
 *
 * @typedef {object} Answer
 * @property {[number, number][]} source_spans  the parts of the source, as those of the text; none for a model without an encoder
 * @property {[number, number][]} spans  the parts of the text: the first token, and the one after the last
 * @property {number[]} scores  of the source's parts, and then of the text's
 * @property {number} value  the score after the whole text
 * @property {string} baseline
 * @property {number | null} baseline_value
 * @property {number | null} completeness_error
 *
 * @typedef {object} Pair  two texts to patch
 * @property {number[]} clean  its tokens
 * @property {number[]} corrupted
 * @property {number[]} target  what the decoder has read, for sources; else none
 * @property {[string, string] | null} mended  the two texts with equally many tokens, if theirs differ and it can be done
 * @property {number} most  the most tokens that a text may have
 *
 * @typedef {object} Patches
 * @property {[number[], number[]]} ids  of the clean text and of the corrupted one
 * @property {number} answer  the token whose log-probability is measured
 * @property {number} clean  its log-probability after the clean text, in nats
 * @property {number} corrupted
 * @property {number[]} target  what the decoder has read, for sources; else none
 * @property {number[][]} recovered  by block and position
 * @property {number[][]} [source_recovered]  the same of the encoder, for sources
 *
 * @typedef {{clean: string, corrupted: string, target: string, answer: number | null}} Patching  `answer` is null for the clean
 *   text's most probable token
 *
 * @typedef {(done: number, of: number) => void} Tell
 */

import { get } from "../../common/server.js";
import { resultOf } from "./told_lines.js";

/** @param {string} traceId @param {number} position @param {AbortSignal} signal @returns {Promise<Candidates>} */
export const fetchCandidates = async (traceId, position, signal) =>
  (await get(`${pathOf(traceId, position)}/candidates.json`, { signal })).json();

/** @param {Question} question @param {string} method @returns {string} the query of the address of an answer */
export function attributionAsked({ target, against, scale, parts, how, steps }, method) {
  const asked = new URLSearchParams({ token_id: String(target), method, scale, parts, how, steps: String(steps) });
  if (against !== null) asked.set("against", String(against));
  return asked.toString();
}

/** @param {Question} question @param {string} method @param {AbortSignal} signal @param {Tell} tell @returns {Promise<Answer>} */
export async function fetchAttribution(question, method, signal, tell) {
  const { traceId, position } = question;
  const response = await get(`${pathOf(traceId, position)}?${attributionAsked(question, method)}`, { signal });
  const found = await resultOf(response.body, tell);
  return { ...found, scores: [...found.source_scores, ...found.scores] };
}

/** @param {Patching} asked @param {AbortSignal} signal @returns {Promise<Pair>} */
export const fetchPair = async ({ clean, corrupted, target }, signal) =>
  (await get("inside/patching/tokens.json", post({ clean, corrupted, target }, signal))).json();

/** @param {Patching} asked @param {AbortSignal} signal @param {Tell} tell @returns {Promise<Patches>} */
export async function fetchPatches({ clean, corrupted, target, answer }, signal, tell) {
  const response = await get("inside/patching", post({ clean, corrupted, target, token_id: answer }, signal));
  return resultOf(response.body, tell);
}

const pathOf = (traceId, position) => `traces/${encodeURIComponent(traceId)}/inside/attribution/${position}`;

const post = (body, signal) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });
