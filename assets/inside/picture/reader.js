/**
 * Fetches the drawing of the model and the lengths of its vectors. Knows the server's routes, not the page. Every
 * function rejects with an Error whose message is a sentence to show.
 *
 * @typedef {"attention" | "linear_attention" | "state_space" | "convolution" | "mixer" | "cross_attention" | "feed_forward" | "experts"} WriterName
 * @typedef {"embedding" | "positions" | "token_types" | "embedding_norm" | "encoder" | "norms" | WriterName | "rest" | "norm" | "head" | "unembedding" | "other"} PartName
 *
 * @typedef {object} Part  the parameters of one part
 * @property {PartName} name
 * @property {number} parameters  in all blocks together
 * @property {number[]} each  in each block; empty outside of the blocks
 * @property {[name: string, shape: number[]][]} tensors  for a part of the blocks only those of the first block that has any
 *
 * @typedef {object} Writer  one part of a block that adds to the residual stream
 * @property {WriterName} name  "mixer" is a part that mixes positions in a way that is not known
 * @property {string} kind  the module's class in transformers
 * @property {string} variant  "Mamba" or "Mamba-2" for a state space
 * @property {number[]} state  the shape of the state that stands for all earlier tokens; empty without one
 * @property {number | null} reach  the most tokens that a token sees, itself among them; null if it sees all
 * @property {boolean} is_chunked  whether the text is cut into chunks of `reach` tokens
 * @property {boolean} is_borrowing  whether it uses the keys and values of an earlier block
 * @property {number | null} neurons
 * @property {number | null} experts
 * @property {number | null} chosen  the experts that work on one token
 *
 * @typedef {object} Shape  what the blocks of one kind do
 * @property {string[]} steps  "norm", the names of the writers and "add" for each sum, in order
 * @property {Writer[]} writers  one for each step that is one
 * @property {number[]} reads  for each sum how many sums of the block come before the vector that its writers read
 * @property {boolean[]} joins  for each sum whether its writers read what the norm of an earlier sum has made
 * @property {string[]} undrawn  the names of the parts with parameters whose place is not known
 *
 * @typedef {{layers: number[], shape: Shape}} Kind  `layers` has the numbers of the blocks of this kind
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
 * @property {boolean} is_tied
 * @property {string} norm_kind
 * @property {Kind[]} kinds  of the blocks, in the order of their first blocks
 * @property {Part[]} parts
 * @property {Encoder | null} [encoder]  null for a decoder-only model
 * @property {boolean} [norms_in_stream]  whether a norm stands in the stream after each sum
 * @property {Head | null} [head]  that of an encoder-only model, null for a model that writes
 *
 * @typedef {object} Head
 * @property {string} task  by the name of transformers’ pipeline: "fill-mask", "text-classification" or "token-classification"
 * @property {"each" | "first" | "all"} reads  the vector of each token on its own, that of the first one, or one made of all
 * @property {{name: "matrix" | "norm", given: number, made: number}[]} steps  before the last matrix
 * @property {string[]} labels  none if it fills blanks
 *
 * @typedef {object} Encoder
 * @property {number} layers
 * @property {number} heads
 * @property {number} width
 * @property {number} window
 * @property {number | null} neurons
 * @property {boolean} shares_embedding
 * @property {number} parameters  those that it does not share
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
