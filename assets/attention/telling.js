/**
 * Finds the head of this model that shows best what a preset is about. Heads are compared by what they do on the text,
 * so that it works for every model.
 *
 * @typedef {object} Look  what a preset is about. Each piece of text stands for the token that holds its last letter
 * @property {string[]} [keys]  tokens that the head is to look at; the head is the one whose query gives one of them most
 * @property {"previous" | "next" | "induction" | "alignment"} [measure]  the head is the one with the largest mean
 * @property {boolean} hidesFirst  whether the first token is left out of the pictures
 *
 * @typedef {object} Found
 * @property {number | null} key
 * @property {{layer: number, head: number} | null} head  null if no head can be told apart
 */

import { strongest } from "./measures.js";
import { tokenAt } from "../inside/texts.js";

/**
 * @param {import("./sides.js").Sides} text
 * @param {number} query
 * @param {Look} look
 * @param {() => Promise<import("./head_grid.js").Heads>} readHeads  fetches all heads' rows of the query
 * @param {() => Promise<import("./reader.js").Measures>} readMeasures  fetches the measures of the text
 * @returns {Promise<Found>}
 */
export async function telling(text, query, look, readHeads, readMeasures) {
  if (look.keys) {
    const keys = look.keys.map((piece) => tokenAt(text.keyTokens, piece)).filter((key) => key >= 0 && key < text.seen(query));
    return headThatLooks(await readHeads(), keys);
  }
  const values = text.size > 1 ? (await readMeasures())[look.measure] : null;
  if (!values) return { key: null, head: null };
  const [[layer, head]] = strongest(values, false, 1);
  return { key: null, head: { layer, head } };
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
