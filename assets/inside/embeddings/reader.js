/**
 * Fetches what the server knows of the embedding matrices. Knows the server's routes, not the page.
 *
 * Every function rejects with an Error whose message is a sentence to show.
 *
 * @typedef {"input" | "output"} Space
 *
 * @typedef {object} Facts
 * @property {boolean} tied  whether the input and the output embedding are one matrix
 * @property {number} tokens  how many rows a matrix has
 * @property {Partial<Record<Space, number>>} widths  how many numbers a row has; a head for labels has no output embedding
 * @property {number} most_words
 * @property {number} most_points
 * @property {number} most_beside
 *
 * @typedef {{token_id: number, cosine: number}} Near
 *
 * @typedef {object} Told  words as points
 * @property {number[][]} words  the token ids of each word, none for one that the vocabulary does not hold
 * @property {{token_id: number, word: number | null, of: number | null, place: number[], length: number}[]} points
 * @property {number[][]} cosines  of each point with those before it
 * @property {number[]} zero  where the vector of zeros falls
 * @property {number[]} explained  the share of the variance along each axis
 * @property {number} width
 *
 * @typedef {Near & {rank: number}} Ranked
 * @typedef {{inputs: Ranked[], ranked: (Ranked & {is_input: boolean})[]}} Sum
 *
 * @typedef {{cosines: number[], others: number[] | null}} Pair  how a place compares with the first, by layer
 * @typedef {{ids: number[], position: number}} Place
 */

import { get } from "../../common/server.js";

const HERE = "inside/embeddings";

/** @returns {Promise<Facts>} */
export const fetchFacts = async () => (await get(`${HERE}.json`)).json();

/** @param {number} id @param {Space} space @param {number} count @returns {Promise<Near[]>} */
export const fetchNear = async (id, space, count) =>
  (await get(`${HERE}/neighbours/${id}?count=${count}&space=${space}`)).json();

/** @param {{words: string[], beside: number, space: Space}} asked @returns {Promise<Told>} */
export const fetchPoints = (asked) => post("points", asked);

/** @param {{plus: string[], minus: string[], space: Space}} asked @returns {Promise<Sum>} */
export const fetchSum = (asked) => post("sum", asked);

/** @param {string[]} texts @returns {Promise<{ids: number[][]}>} the token ids of texts to compare */
export const fetchTexts = (texts) => post("read", { texts });

/**
 * Compares places with the first of them.
 *
 * @param {Place[]} places
 * @param {(done: number, of: number) => void} onProgress
 * @param {AbortSignal} signal  stops the server too
 * @returns {Promise<Pair[]>}
 */
export async function fetchLayers(places, onProgress, signal) {
  const response = await get(`${HERE}/layers`, { ...body({ places }), signal });
  for await (const { done, of, pairs, error } of linesOf(response)) {
    if (error) throw new Error(error);
    if (pairs) return pairs;
    onProgress(done, of);
  }
  throw new Error("The answer ended too early. Check that the server is still running.");
}

/** @param {Response} response  whose lines are JSON @returns {AsyncGenerator<any>} */
async function* linesOf(response) {
  let rest = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

const body = (asked) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });

const post = async (path, asked) => (await get(`${HERE}/${path}`, body(asked))).json();
