/**
 * Fetches how the model knows the order of a text, and what the order is worth. Knows the server's routes, not the page.
 * Every function rejects with an Error whose message is a sentence to show.
 *
 * @typedef {"sinusoidal" | "learned" | "rotary" | "alibi" | "relative" | "none"} Kind
 *
 * @typedef {object} Biases  the numbers that are added to the scores of one attention
 * @property {string} name
 * @property {[from: number, to: number][]} distances  of each bucket, below 0 before the token that looks
 * @property {number[][]} heads  a number for each head and bucket
 *
 * @typedef {object} Positions
 * @property {string} model
 * @property {Kind} kind
 * @property {number} width
 * @property {number} head_width
 * @property {number} heads
 * @property {number} window
 * @property {{name: string, frequencies: number[]}[]} turning  radians for each position, of each rotary pair
 * @property {string} scaling
 * @property {number[]} unturned  layers without rotation
 * @property {number[]} slopes
 * @property {Biases[]} biases  of a learned bias for distance, of the encoder first
 * @property {number[]} places
 * @property {number[][]} cosines
 * @property {number} first_row  of a learned table, the row of a text's first position
 * @property {boolean} can_remove
 *
 * @typedef {object} Run
 * @property {string} name
 * @property {number} kl_bits
 * @property {number} entropy_bits
 *
 * @typedef {object} Experiment
 * @property {number[]} token_ids
 * @property {number[]} moved_ids
 * @property {Run[]} runs
 * @property {{token_id: number, probabilities: number[]}[]} tokens  with a probability for each run
 *
 * @typedef {object} Entering  of what the vector is made that enters the first layer at a position
 * @property {{name: string, row: number | null, length: number, share: number}[]} added  the vectors that are added up,
 *   with the share of each in the sum; none where the sum is not what enters
 * @property {boolean} is_normed  whether a norm is applied to the sum
 * @property {number} sum_length
 * @property {number} length
 */

import { KeptAnswers } from "../../common/kept_answers.js";
import { get } from "../../common/server.js";

const kept = new KeptAnswers(800_000);
const BYTES = 8000; // of one answer

/** @returns {Promise<Positions>} */
export const fetchPositions = async () => (await get("inside/positions.json")).json();

/** @returns {Promise<Entering>} */
export const fetchEntering = (traceId, position) =>
  kept.read(`traces/${encodeURIComponent(traceId)}/inside/entering/${position}`, async (answer) => [await answer.json(), 500]);

/** @returns {Promise<Experiment>} */
export const fetchExperiment = (traceId, position, order) =>
  kept.read(`traces/${encodeURIComponent(traceId)}/inside/order/${position}?order=${order}`, async (answer) => [await answer.json(), BYTES]);
