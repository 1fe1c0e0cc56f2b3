/**
 * Fetches attention from the server and keeps the answers for a while. That of a text from a file is in the file. Knows the
 * server's routes, not the page.
 *
 * Every function that fetches rejects with an Error whose message is a sentence to show. A text is a trace's id.
 * `position` counts the tokens before the predicted one, so the query that predicted it is the token at position - 1.
 *
 * @typedef {import("./sides.js").Kind} Kind
 * @typedef {Pick<import("./sides.js").Sides, "traceId" | "kind" | "seen">} Sides
 *
 * @typedef {object} Facts
 * @property {number} layers
 * @property {number} heads
 * @property {(number | null)[]} windows  for each layer the tokens that its sliding window sees, null for all
 * @property {(string | null)[]} without  for each layer what it is if it has no attention, else null
 * @property {number} map_tokens  the length of the longest text with whole maps
 * @property {number} max_error  the largest error of a weight in the server's answers
 * @property {string} dtype  in which the model computes
 * @property {string | null} reason  why this model shows no attention, null if it does
 * @property {boolean} is_merged  whether the weights of a token add up to 1 only together with those of another kind
 *
 * @typedef {object} Measures  values by [layer][head], means over the queries from 1
 *   a layer without attention has null in place of its list
 * @property {(number[] | null)[]} self
 * @property {(number[] | null)[]} previous
 * @property {(number[] | null)[]} first
 * @property {(number[] | null)[] | null} induction  null if no query has an earlier copy to follow
 * @property {number} induction_queries
 * @property {(number[] | null)[]} entropy_bits
 *
 * @typedef {object} SourceRow  the weights of a position of the decoder over the source's tokens
 * @property {number[]} weights
 * @property {number} layer
 * @property {number} layers  of the decoder
 * @property {number} heads
 *
 * @typedef {object} Without  the next token's distribution before and after a head's output is set to zero
 * @property {number} kl_bits
 * @property {[number, number]} entropy_bits
 * @property {{token_id: number, before: number, after: number}[]} candidates
 */

import { t } from "../common/language.js";
import { KeptAnswers } from "../common/kept_answers.js";
import { markRecomputed } from "../common/recomputed.js";
import { isAlone, isRecorded } from "../common/recorded.js";
import { openedFile } from "../common/trace_file.js";
import { factsOfRecorded, RecordedMaps } from "./recorded_maps.js";

const FACTS = "attention.json";
const kept = new KeptAnswers(64_000_000);

/** @param {Kind} [kind] @returns {Promise<Facts>} */
export const fetchFacts = (kind = "self") => read(withKind(FACTS, kind), (content) => (isAlone ? factsOfRecorded(json(content)) : json(content)));

/** @param {string} traceId @returns {Promise<Pick<Facts, "layers" | "heads" | "without" | "reason">>} those of the text's model */
export const fetchFactsOf = async (traceId) => fileOf(traceId)?.attention.facts ?? fetchFacts();

/** @returns {import("../common/trace_file.js").Opened | null} the file that has a text's attention; none where a page has it beside a light file */
const fileOf = (traceId) => {
  const file = openedFile(traceId);
  return file?.attention.facts.reason && isRecorded(FACTS) ? null : file;
};

/** @param {(string | null)[]} without  of the facts @param {number} layer @returns {string} why nothing of a layer is drawn, or "" */
export const nothingDrawn = (without, layer) =>
  without[layer] ? t("Layer {layer} is {kind}: it has no weights to draw.", { layer, kind: without[layer] }) : "";

/**
 * Fetches the rows of every head for one position.
 *
 * @param {Sides} sides
 * @param {number} position
 * @returns {Promise<import("./head_grid.js").Heads>}
 */
export async function fetchHeads(sides, position) {
  const { traceId, kind } = sides;
  if (isAlone) return (await recordedMaps(sides)).heads(position - 1);
  const { layers, heads, without } = await fetchFacts(kind);
  return read(withKind(`${pathOf(traceId)}/rows/${position}`, kind), (content, answer) => {
    const weights = weightsOf(content);
    const seen = weights.length / (layers * heads);
    const row = (layer, head) => weights.subarray((layer * heads + head) * seen, (layer * heads + head + 1) * seen);
    return markRecomputed({ layers, heads, without, row }, answer);
  });
}

/** Fetches the rows of a query's neighbours, to which a reader who moves is likely to move next. */
export function fetchBeside(sides, query) {
  for (const next of [query + 1, query - 1]) if (sides?.tokens[next]) fetchHeads(sides, next + 1).catch(() => {});
}

/**
 * Fetches the row of one head, or of several heads combined. It is small enough to be fetched while a text streams.
 *
 * @param {number | "mean" | "max"} layer
 * @param {number | "mean" | "max"} head
 * @returns {Promise<Float32Array>} (key,)
 */
export async function fetchRow(traceId, position, layer, head) {
  const file = fileOf(traceId);
  if (file) return file.attention.row(position - file.message.header.prompt_ids.length, position, layer, head);
  if (isAlone) return (await recordedMaps({ traceId, kind: "self", seen: (query) => query + 1 })).row(Number(layer), head, position - 1);
  return read(`${pathOf(traceId)}/rows/${position}?layer=${layer}&head=${head}`, (content, answer) =>
    markRecomputed(weightsOf(content), answer),
  );
}

/**
 * Fetches a whole map of the text's first `tokens` tokens.
 *
 * @param {Sides} sides
 * @param {number} tokens
 * @param {number} layer
 * @param {number | "mean" | "max"} head
 * @returns {Promise<Float32Array[]>} one row for each query; each one is longer than the row before if no token sees a later one
 */
export async function fetchMap(sides, tokens, layer, head) {
  if (!isAlone) return read(withKind(`${pathOf(sides.traceId)}/maps/${layer}/${head}?${lengthOf(sides, tokens)}`, sides.kind), rowsOf(sides));
  const maps = await recordedMaps(sides);
  return Array.from({ length: maps.queries }, (_, query) => maps.row(layer, head, query));
}

/** @param {Sides} sides @returns {Promise<RecordedMaps>} what a page without a server has */
async function recordedMaps(sides) {
  const facts = await fetchFacts(sides.kind);
  return read(withKind(`${pathOf(sides.traceId)}/layers`, sides.kind), (content) => new RecordedMaps(weightsOf(content), facts, sides));
}

/** Fetches attention rollout over all layers, in the form of a map. @param {Sides} sides @returns {Promise<Float32Array[]>} */
export const fetchRollout = (sides, tokens) =>
  read(withKind(`${pathOf(sides.traceId)}/rollout?${lengthOf(sides, tokens)}`, sides.kind), rowsOf(sides));

/** @param {Sides} sides @returns {Promise<Measures>} */
export const fetchMeasures = (sides, tokens) =>
  read(withKind(`${pathOf(sides.traceId)}/measures.json?${lengthOf(sides, tokens)}`, sides.kind), json);

/** @param {Sides} sides @returns {Promise<Without>} */
export const fetchWithout = ({ traceId, kind }, position, layer, head) =>
  read(withKind(`${pathOf(traceId)}/without/${layer}/${head}?position=${position}`, kind), json);

/** @returns {string} the address of BertViz's page of one layer, with one head chosen if `head` is a number */
export function bertvizAddress(traceId, { size, kind }, layer, head, last) {
  const address = new URL(`playground/${pathOf(traceId)}/bertviz/${layer}`, document.baseURI);
  const asked = new URLSearchParams(kind === "encoder" ? {} : { tokens: String(size) });
  asked.set("last", String(last));
  if (kind !== "self") asked.set("kind", kind);
  if (typeof head === "number") asked.set("head", String(head));
  address.search = asked.toString();
  return address.href;
}

/**
 * Fetches how the position that predicted a step's token looked at the source.
 *
 * @param {string} layer  a number, or "" for the last one
 * @param {string} head  a number, or "mean"
 * @returns {Promise<SourceRow>}
 */
export async function fetchSourceRow(traceId, index, layer, head) {
  const file = openedFile(traceId);
  if (file) return file.attention.sourceRow(index, file.message.header.source_ids.length, layer, head);
  return read(`traces/${encodeURIComponent(traceId)}/source-attention/${index}?head=${head}${layer && `&layer=${layer}`}`, (content, answer) => {
    const row = json(content);
    markRecomputed(row.weights, answer);
    return row;
  });
}

const pathOf = (traceId) => `traces/${encodeURIComponent(traceId)}/attention`;

const json = (content) => JSON.parse(new TextDecoder().decode(content));

const weightsOf = (buffer) => Float32Array.from(new Uint16Array(buffer), (root) => (root / 65535) ** 2);

/** The weights of a decoder's own text keep their addresses, which have no kind. */
const withKind = (path, kind) => (kind === "self" ? path : `${path}${path.includes("?") ? "&" : "?"}kind=${kind}`);

/** A source is always read whole. */
const lengthOf = ({ kind }, tokens) => (kind === "encoder" ? "" : `tokens=${tokens}`);

/** @param {Sides} sides @returns {(content: ArrayBuffer) => Float32Array[]} cuts a map into its rows */
const rowsOf = (sides) => (content) => {
  const weights = weightsOf(content);
  const rows = [];
  for (let start = 0; start < weights.length; start += rows.at(-1).length) rows.push(weights.subarray(start, start + sides.seen(rows.length)));
  return rows;
};

/** Keeps an answer. A number takes twice as many bytes in memory as in the answer. */
const read = (path, parse) =>
  kept.read(path, async (answer) => {
    const content = await answer.arrayBuffer();
    return [parse(content, answer), 2 * content.byteLength];
  });
