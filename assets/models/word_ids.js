/**
 * Knows which tokens the words of settings have in each model, and asks the server for those that it does not know yet.
 *
 * A stage with unknown words does nothing. When they come, or the server refuses them, the views draw it again.
 */

import { arrived, forgetFailure } from "../common/arrivals.js";

/** @type {Map<string, any>} by model, setting and value; undefined while the server is asked, an Error if it refuses */
const known = new Map();

/** @type {(model: string, setting: string, value: any) => Promise<any>} */
let fetchIds = async () => undefined;

/** Gives the function that asks the server. @param {typeof fetchIds} asks */
export function askThrough(asks) {
  fetchIds = asks;
}

/**
 * @param {string} model  a model of the server
 * @returns {import("../distribution/moment.js").Words}
 */
export const wordsOf = (model) => ({
  idsOf(setting, value = null) {
    const key = JSON.stringify([model, setting, value]);
    if (!known.has(key)) {
      known.set(key, undefined);
      fetchIds(model, setting, value).then((ids) => arrive(key, ids), (error) => {
        arrive(key, error);
        forgetFailure(error, () => known.delete(key));
      });
    }
    return known.get(key);
  },
});

function arrive(key, answer) {
  known.set(key, answer);
  arrived();
}
