/**
 * Knows which tokens the words of settings have in each model, and asks the server for those that it does not know yet.
 *
 * A stage with unknown words is drawn as if it were off. When they come, the document gets the event `ARRIVED`, and a
 * view that shows the stage draws it again. What the server refuses stays unknown: it says so when a text is generated.
 */

export const ARRIVED = "playground:word-ids";

/** @type {Map<string, any>} by model, setting and value; undefined while the server is asked */
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
      fetchIds(model, setting, value).then((ids) => arrive(key, ids), () => undefined);
    }
    return known.get(key);
  },
});

function arrive(key, ids) {
  known.set(key, ids);
  document.dispatchEvent(new CustomEvent(ARRIVED));
}
