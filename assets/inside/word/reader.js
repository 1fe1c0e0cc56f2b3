/**
 * Fetches what the last step of a model is made of. Knows the server's routes, not the page. Every function rejects with
 * an Error whose message is a sentence to show.
 *
 * @typedef {object} Facts  of a position
 * @property {number} width  the number of products of a logit
 * @property {string} dtype  the weights'
 * @property {string} after  what the model does to its logits at the end, "" if nothing
 * @property {string} formula  the same for a calculator, with {x} for h · w and the bias
 * @property {number[] | null} neurons  how many each layer has, null if they are not known
 * @property {string} reason  why they are not known
 *
 * @typedef {{dimension: number, h: number, w: number, product: number}} Product
 *
 * @typedef {object} Products  of a token: largest + rest + bias = total, of which the model makes its logit
 * @property {Product[]} largest
 * @property {number} others  how many are left
 * @property {number} rest  their sum
 * @property {number} bias
 * @property {number} total
 * @property {number} after
 * @property {number | null} logit  null for a token that the model rules out
 * @property {number} rounding  logit - after
 *
 * @typedef {{layer: number, neuron: number, activation: number, push: number, value: number}} Neuron
 *
 * @typedef {object} Ranked  the neurons that wrote most toward a token, and most against it
 * @property {Neuron[]} toward
 * @property {Neuron[]} against
 * @property {number} total  what all neurons wrote
 * @property {number} bias
 * @property {number[]} layers  what those of each layer wrote
 *
 * @typedef {object} Pushed  what one neuron added to logits
 * @property {number} activation
 * @property {[id: number, value: number][]} up
 * @property {[id: number, value: number][]} down
 * @property {number} mean  over all tokens
 */

import { KeptAnswers } from "../../common/kept_answers.js";
import { sortRow } from "../../distribution/row.js";

const SMALL = 10_000; // bytes, of an answer that is JSON
const kept = new KeptAnswers(24_000_000);

const pathOf = (traceId, position) => `traces/${encodeURIComponent(traceId)}/inside/word/${position}`;

/** @returns {Promise<Facts>} */
export const fetchFacts = (traceId, position) => readJson(pathOf(traceId, position));

/** @returns {Promise<import("../../distribution/row.js").Row>} the logits of the token after the position, sorted */
export const fetchRow = (traceId, position) =>
  kept.read(`${pathOf(traceId, position)}/row`, async (answer) => {
    const content = await answer.arrayBuffer();
    return [sortRow(new Float32Array(content)), 5 * content.byteLength];
  });

/** @param {number} count  how many of the largest products @returns {Promise<Products>} */
export const fetchProducts = (traceId, position, id, count) => readJson(`${pathOf(traceId, position)}/products/${id}?count=${count}`);

/** @param {import("./state.js").Rival} against @param {number | null} layer  of which to list the neurons @returns {Promise<Ranked>} */
export const fetchNeurons = (traceId, position, id, against, layer) => {
  const asked = Object.entries({ against, layer }).filter(([, value]) => value !== null);
  return readJson(`${pathOf(traceId, position)}/neurons/${id}?${asked.map(([name, value]) => `${name}=${value}`).join("&")}`);
};

/** @returns {Promise<Pushed>} */
export const fetchPushed = (traceId, position, layer, neuron) => readJson(`${pathOf(traceId, position)}/pushed/${layer}/${neuron}`);

const readJson = (path) => kept.read(path, async (answer) => [await answer.json(), SMALL]);
