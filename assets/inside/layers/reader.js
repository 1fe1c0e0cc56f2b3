/**
 * Fetches what the layers say and write. Knows the server's routes, not the page. Every function rejects with an Error
 * whose message is a sentence to show.
 *
 * @typedef {object} Layer  one layer at one position
 * @property {number} kl_nats
 * @property {number} rank_of_final
 * @property {[id: number, share: number][]} top  the most probable tokens
 * @property {number[]} ranks  those of the watched tokens
 * @property {number[]} shares  their probabilities
 * @property {number} norm  the length of the vector
 *
 * @typedef {object} Column  all layers at one position
 * @property {number[]} watched  tokens: the most probable ones at the end, then the one that follows in the text
 * @property {Layer[]} layers
 *
 * @typedef {object} Terms  of a logit, or of the difference of two; index 0 is the first block
 * @property {number} logit
 * @property {number} embedding
 * @property {number[]} attention
 * @property {number[]} feed_forward
 * @property {number[][] | null} heads
 * @property {number[]} [cross_attention]  over the source; of a model with an encoder
 * @property {number[][] | null} [cross_heads]
 * @property {number} bias
 * @property {number} remainder
 * @property {string} after  what the model does to its logits afterwards, "" if nothing
 */

import { KeptAnswers } from "../../common/kept_answers.js";
import { get } from "../../common/server.js";
import { isAlone } from "../../common/recorded.js";
import { rowOfKnown, sortRow } from "../../distribution/row.js";
import { translated } from "../../common/server_sentences.js";

const kept = new KeptAnswers(24_000_000);

const pathOf = (traceId) => `traces/${encodeURIComponent(traceId)}/inside`;

/**
 * Reads the grid of a text, line by line as it is computed. An aborted signal ends it without an error.
 *
 * @param {string} traceId
 * @param {number} near  the position that is wanted first
 * @param {AbortSignal} signal
 * @param {(line: any) => void} onLine  called first with a `Head` of cells.js, then with its `Line`s
 */
export async function readGrid(traceId, near, signal, onLine) {
  try {
    const { body } = await get(`${pathOf(traceId)}/lens${isAlone ? "" : `?near=${near}`}`, { signal });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      for (const line of lines) onLine(told(JSON.parse(line)));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function told(line) {
  if (line.error) throw new Error(translated(line.error));
  return line;
}

/** @returns {Promise<Column>} */
export const fetchColumn = (traceId, position) =>
  kept.read(`${pathOf(traceId)}/lens/${position}`, async (answer) => [await answer.json(), 20_000]);

/**
 * @param {number} size  of the vocabulary
 * @returns {Promise<import("../../distribution/row.js").Row>} what a layer says at a position, sorted; in a page without a server
 *   only the tokens that its column knows
 */
export async function fetchRow(traceId, position, layer, size) {
  if (isAlone) return rowOfColumn(await fetchColumn(traceId, position), layer, size);
  return kept.read(`${pathOf(traceId)}/lens/${position}/${layer}`, async (answer) => {
    const content = await answer.arrayBuffer();
    return [sortRow(new Float32Array(content)), 5 * content.byteLength];
  });
}

/** @param {Column} column @returns {import("../../distribution/row.js").Row} with the logarithms of probabilities as scores */
function rowOfColumn({ watched, layers }, layer, size) {
  const { top, shares } = layers[layer];
  const known = new Map([...top, ...watched.map((id, place) => /** @type {[number, number]} */ ([id, shares[place]]))]);
  const rest = Math.max(0, 1 - Array.from(known.values()).reduce((sum, share) => sum + share, 0));
  const scores = Float32Array.from(known.values(), Math.log);
  return rowOfKnown(Uint32Array.from(known.keys()), scores, { size, rest: Math.log(rest), ruled_out: 0, temperature: 1, scaled_rest: Math.log(rest) });
}

/** @param {number} tokenId @param {number | null} against @returns {string} the query of the address of terms */
export const termsAsked = (tokenId, against) => `token_id=${tokenId}${against === null ? "" : `&against=${against}`}`;

/** @param {number | null} against @returns {Promise<Terms>} */
export function fetchTerms(traceId, position, tokenId, against) {
  const path = `${pathOf(traceId)}/contributions/${position}?${termsAsked(tokenId, against)}`;
  return kept.read(path, async (answer) => [await answer.json(), 10_000]);
}
