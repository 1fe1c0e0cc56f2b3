/**
 * What the server tells of attention, read once and kept for a while. Knows its routes and numbers, not the page.
 *
 * Every function rejects with an Error whose message is a sentence to show. A text is a trace's id; `position` counts
 * the tokens read before the one that is predicted, so the query that predicted it is the token at position - 1.
 *
 * @typedef {object} Facts
 * @property {number} layers
 * @property {number} heads
 * @property {(number | null)[]} windows  a layer: tokens a sliding window sees, null for all
 * @property {number} map_tokens  the longest text with whole maps
 * @property {number} max_error  of a weight as it travels
 * @property {string | null} reason  why this model shows no attention
 *
 * @typedef {object} Measures  weights [layer][head], means over the queries from 1
 * @property {number[][]} self
 * @property {number[][]} previous
 * @property {number[][]} first
 * @property {number[][] | null} induction  null where no token occurs twice
 * @property {number} induction_queries
 * @property {number[][]} entropy_bits
 *
 * @typedef {object} Without  the next token with a head's output at zero
 * @property {number} kl_bits
 * @property {[number, number]} entropy_bits
 * @property {{token_id: number, before: number, after: number}[]} candidates
 */

import { Kept } from "../common/kept.js";
import { get } from "../common/server.js";
import { together } from "./weights.js";

const kept = new Kept(64_000_000); // promises of answers, by their path

/** @returns {Promise<Facts>} */
export const fetchFacts = () => read("attention.json", json);

/**
 * The rows of every head, for one position.
 *
 * @returns {Promise<import("./head_grid.js").Heads>}
 */
export async function fetchHeads(traceId, position) {
  const { layers, heads } = await fetchFacts();
  return read(`${pathOf(traceId)}/rows/${position}`, (content) => {
    const weights = weightsOf(content);
    const row = (layer, head) => weights.subarray((layer * heads + head) * position, (layer * heads + head + 1) * position);
    return { layers, heads, row };
  });
}

/**
 * The row of one head, or of all of a layer's together: little enough to be asked for while a text streams.
 *
 * @param {number | "mean" | "max"} layer
 * @param {number | "mean" | "max"} head
 * @returns {Promise<Float32Array>} (key,)
 */
export const fetchRow = (traceId, position, layer, head) =>
  read(`${pathOf(traceId)}/rows/${position}?layer=${layer}&head=${head}`, weightsOf);

/**
 * A whole map of the text's first `tokens` tokens.
 *
 * @param {number | "mean" | "max"} head
 * @returns {Promise<Float32Array[]>} a row a query, one longer than the row before
 */
export const fetchMap = (traceId, tokens, layer, head) =>
  read(`${pathOf(traceId)}/maps/${layer}/${head}?tokens=${tokens}`, triangle);

/** The attention of all layers followed through one another. @returns {Promise<Float32Array[]>} */
export const fetchRollout = (traceId, tokens) => read(`${pathOf(traceId)}/rollout?tokens=${tokens}`, triangle);

/** @returns {Promise<Measures>} */
export const fetchMeasures = (traceId, tokens) => read(`${pathOf(traceId)}/measures.json?tokens=${tokens}`, json);

/** @returns {Promise<Without>} */
export const fetchWithout = (traceId, position, layer, head) =>
  read(`${pathOf(traceId)}/without/${layer}/${head}?position=${position}`, json);

/** @returns {string} the address of BertViz's page of one layer, one head of it chosen, for a frame */
export function bertvizAddress(traceId, tokens, layer, head, last) {
  const address = new URL(`playground/${pathOf(traceId)}/bertviz/${layer}`, document.baseURI);
  const asked = { tokens, last, ...(typeof head === "number" && { head }) };
  address.search = new URLSearchParams(asked);
  return address.href;
}

/** A layer's heads as one row, or the row of one of them. @param {import("./head_grid.js").Heads} heads */
export function rowOf({ heads, row }, layer, head) {
  if (typeof head === "number") return row(layer, head);
  return together(Array.from({ length: heads }, (_, each) => row(layer, each)), head);
}

const pathOf = (traceId) => `traces/${encodeURIComponent(traceId)}/attention`;

const json = (content) => JSON.parse(new TextDecoder().decode(content));

const weightsOf = (buffer) => Float32Array.from(new Uint16Array(buffer), (root) => (root / 65535) ** 2);

function triangle(content) {
  const weights = weightsOf(content);
  const rows = [];
  for (let start = 0; start < weights.length; start += rows.length) rows.push(weights.subarray(start, start + rows.length + 1));
  return rows;
}

function read(path, parse) {
  const known = kept.get(path);
  if (known) return known;
  const answer = ask(path, parse);
  kept.put(path, answer);
  return answer;
}

async function ask(path, parse) {
  try {
    const content = await (await get(path)).arrayBuffer();
    kept.weigh(path, 2 * content.byteLength); // a number takes twice as many bytes here as on its way
    return parse(content);
  } catch (error) {
    kept.delete(path); // to be asked again another time
    throw error;
  }
}
