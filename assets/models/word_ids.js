/**
 * Knows which tokens the words of settings have in each model, and asks the server for those that it does not know yet.
 *
 * A stage with unknown words does nothing. When they come, or the server refuses them, what asked for them is told.
 */

import { forgetFailure } from "../common/failures.js";
import { Awaited } from "../distribution/awaited.js";

/** @type {Map<string, any>} by model, setting and value; an Error if the server refuses it */
const known = new Map();
const awaited = new Awaited();

/** @type {(model: string, setting: string, value: any) => Promise<any>} */
let fetchIds = async () => {
  throw new Error("There is no server to ask.");
};

/** Gives the function that asks the server. @param {typeof fetchIds} asks */
export function askThrough(asks) {
  fetchIds = asks;
}

/**
 * @param {string} model  a model of the server
 * @param {() => void} onAnswer  called when ids that were asked for have come
 * @returns {import("../distribution/moment.js").Words}
 */
export const wordsOf = (model, onAnswer) => ({
  idsOf(setting, value = null) {
    const key = JSON.stringify([model, setting, value]);
    if (known.has(key)) return known.get(key);
    if (!awaited.has(key)) fetchOne(key, fetchIds(model, setting, value));
    awaited.wait(key, onAnswer);
    return undefined;
  },
});

/** @param {string} key @param {Promise<any>} answer */
async function fetchOne(key, answer) {
  try {
    known.set(key, await answer);
  } catch (error) {
    known.set(key, error);
    forgetFailure(error, () => known.delete(key));
  }
  awaited.tell(key);
}
