/**
 * Fetches the drawing of the model and the lengths of its vectors. Knows the server's routes, not the page. Every
 * function rejects with an Error whose message is a sentence to show.
 *
 * @typedef {"embedding" | "positions" | "norms" | "attention" | "feed_forward" | "norm" | "unembedding" | "other"} PartName
 *
 * @typedef {object} Part  the parameters of one part
 * @property {PartName} name
 * @property {number} parameters  in all blocks together
 * @property {number[]} each  in each block; empty outside of the blocks
 * @property {[name: string, shape: number[]][]} tensors  of the first block only for a part of the blocks
 *
 * @typedef {object} Drawing
 * @property {string} model
 * @property {number} parameters
 * @property {number} layers
 * @property {number} width
 * @property {number} vocabulary
 * @property {number} window
 * @property {number} heads
 * @property {number} key_value_heads
 * @property {number | null} neurons
 * @property {boolean} is_tied
 * @property {boolean} is_parallel
 * @property {string[]} steps  "norm", "attention", "feed_forward" and "add", in order
 * @property {string} norm_kind
 * @property {Part[]} parts
 */

import { KeptAnswers } from "../../common/kept_answers.js";
import { get } from "../../common/server.js";

const kept = new KeptAnswers(400_000);
const BYTES = 1000; // of one answer

/** @returns {Promise<Drawing>} */
export const fetchDrawing = async () => (await get("inside/drawing.json")).json();

/** @returns {Promise<number[]>} the length of the vector at a position before the first block, and after each one */
export const fetchLengths = (traceId, position) =>
  kept.read(`traces/${encodeURIComponent(traceId)}/inside/lengths/${position}`, async (answer) => [(await answer.json()).lengths, BYTES]);
