/**
 * Keeps which tokens may follow a text under a constraint, or are green under a watermark, and asks for what is missing.
 * `server.js` gives the function that fetches, because it imports this module by way of others. Does not know the page.
 *
 * @typedef {object} Asked
 * @property {string} model
 * @property {number[]} ids  the completion so far, or for a watermark the token before
 * @property {Record<string, any>} constraint  the settings of the stage
 * @property {() => void} onAnswer  called when the answer has come, if it is not there yet
 */

import { Awaited } from "../distribution/awaited.js";
import { forgetFailure } from "./failures.js";
import { Kept } from "./kept.js";

const MOST_BYTES = 8_000_000; // 1,300 masks of 49,152 tokens

const kept = new Kept(MOST_BYTES); // by what is asked: a mask, or the error that refuses the constraint
const awaited = new Awaited();
/** @type {(model: string, completionIds: number[], constraint: Record<string, any>) => Promise<Uint8Array>} */
let fetchMask;

/** Says how a mask is fetched. @param {typeof fetchMask} fetch */
export const fetchMasksWith = (fetch) => {
  fetchMask = fetch;
};

/**
 * @param {Asked} asked
 * @returns {Uint8Array | Error | undefined} one bit for each token, or the error whose sentence refuses the constraint;
 *   undefined as long as the server has not answered
 */
export function maskOf(asked) {
  const key = JSON.stringify([asked.model, asked.constraint, asked.ids]);
  const found = kept.get(key);
  if (found !== undefined) return found;
  if (!awaited.has(key)) fetchOne(key, asked);
  awaited.wait(key, asked.onAnswer);
  return undefined;
}

async function fetchOne(key, { model, constraint, ids }) {
  try {
    const mask = await fetchMask(model, ids, constraint);
    kept.put(key, mask, mask.byteLength);
  } catch (error) {
    kept.put(key, error);
    forgetFailure(error, () => kept.delete(key));
  }
  awaited.tell(key);
}
