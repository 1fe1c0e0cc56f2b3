/**
 * Finds what a preset opens on: the token that its sentence speaks of, and the head of this model that shows it best.
 * Heads are compared by what they do on the text, so that it works for every model.
 *
 * @typedef {object} Look  what a preset is about. Each piece of text stands for the token that holds its last letter
 * @property {string} [query]  the token to choose; without it the last one
 * @property {string[]} [keys]  tokens that the head is to look at; the head is the one whose query gives one of them most
 * @property {"previous" | "induction"} [measure]  the head is the one with the largest mean
 * @property {boolean} hidesFirst  whether the first token is left out of the pictures
 *
 * @typedef {object} Found
 * @property {number} query
 * @property {number | null} key
 * @property {{layer: number, head: number} | null} head  null if no head can be told apart
 */

import { strongest } from "./measures.js";

/**
 * @param {string[]} tokens  as they are shown, with "·" for a space
 * @param {string} piece
 * @returns {number} the index of the token with the last letter of the piece's last occurrence, -1 if there is none
 */
export function tokenAt(tokens, piece) {
  const start = tokens.join("").replaceAll("·", " ").lastIndexOf(piece);
  if (start < 0) return -1;
  let end = 0;
  return tokens.findIndex((token) => {
    end += token.length;
    return end >= start + piece.length;
  });
}

/**
 * @param {import("./text.js").Text} text
 * @param {Look} look
 * @param {(query: number) => Promise<import("./head_grid.js").Heads>} readHeads  fetches all heads' rows of a query
 * @param {() => Promise<import("./reader.js").Measures>} readMeasures  fetches the measures of the text
 * @returns {Promise<Found>}
 */
export async function telling({ tokens, size }, look, readHeads, readMeasures) {
  const found = look.query ? tokenAt(tokens, look.query) : -1;
  const query = found < 0 ? size - 1 : found;
  if (look.keys) {
    const keys = look.keys.map((piece) => tokenAt(tokens, piece)).filter((key) => key >= 0 && key <= query);
    return { query, ...headThatLooks(await readHeads(query), keys) };
  }
  const values = size > 1 ? (await readMeasures())[look.measure] : null;
  if (!values) return { query, key: null, head: null };
  const [[layer, head]] = strongest(values, false, 1);
  return { query, key: null, head: { layer, head } };
}

/** @param {import("./head_grid.js").Heads} heads @param {number[]} keys */
function headThatLooks({ layers, heads, row }, keys) {
  let best = { key: null, head: null, weight: 0 };
  for (let layer = 0; layer < layers; layer++) {
    for (let head = 0; head < heads; head++) {
      for (const key of keys) {
        const weight = row(layer, head)[key];
        if (weight > best.weight) best = { key, head: { layer, head }, weight };
      }
    }
  }
  return { key: best.key, head: best.head };
}
