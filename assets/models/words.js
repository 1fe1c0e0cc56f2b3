/** Knows the texts of the tokens of each model, and fetches those of a model once for all views. */

import { fetchModel, fetchWords } from "../common/server.js";
import { chosenModel, modelNamed } from "./models.js";

/** @type {Map<string, Promise<readonly string[]>>} by the model's name */
const asked = new Map();
/** @type {Map<string, readonly string[]>} */
const there = new Map();

/**
 * @param {string} [model]  a model of the server
 * @returns {Promise<readonly string[]>} the plain text to show for each token id; all callers share one array
 */
export function fetchVocabulary(model = chosenModel()) {
  if (!asked.has(model)) {
    const reading = read(model).catch((error) => {
      asked.delete(model); // so that the next call asks again
      throw error;
    });
    asked.set(model, reading);
  }
  return asked.get(model);
}

/** Takes in the texts of a model's tokens, which nobody has to fetch then. @param {string} model @param {readonly string[]} words */
export function knowVocabulary(model, words) {
  asked.set(model, Promise.resolve(words));
  there.set(model, words);
}

/** @param {string} [model] @returns {readonly string[]} the same if it is there, or else an empty array */
export const vocabularyOf = (model = chosenModel()) => there.get(model) ?? [];

async function read(model) {
  const known = modelNamed(model);
  const facts = known && !known.words ? await fetchModel(model) : known;
  const words = await fetchWords(facts?.words ?? "vocabulary.json");
  there.set(model, words);
  return words;
}
