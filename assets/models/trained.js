/**
 * Finds the model that is trained for a task, and chooses it. A task is named as transformers names its pipelines:
 * "summarization", "translation_fr_to_en". Knows the models, not the views.
 *
 * @typedef {object} Trained
 * @property {string} model  its name
 * @property {string} prefix  what the model wants before the source, "" for nothing
 * @property {{source: string, target: string}} languages  the codes of the languages, "" for the usual ones
 */

import { allModels, chosenFacts, chosenModel } from "./models.js";
import { choose } from "./picker.js";

const TRANSLATION = /^translation_(\w+)_to_(\w+)$/;

/** @param {string} pipeline  "" for none @returns {Trained | null} the chosen model before a loaded, a built-in, any other one */
export function trainedFor(pipeline) {
  const found = byReadiness(allModels()).map((facts) => asTrained(facts, pipeline));
  return found.find((one) => one !== null) ?? null;
}

/** @returns {string | undefined} the model that learns a task from the examples in its prompt: the chosen one before others */
export const promptedModel = () => byReadiness(allModels()).find(({ family }) => family === "decoder")?.model;

/** @param {string} model  its name @returns {Promise<boolean>} whether it is chosen and there; false once another one is chosen */
export function chosenWhenLoaded(model) {
  if (chosenModel() === model && chosenFacts().loaded) return Promise.resolve(true);
  const ends = new AbortController();
  const { signal } = ends;
  const ended = new Promise((resolve) => {
    document.addEventListener("playground:model", ({ detail }) => resolve(detail === model), { signal });
    document.addEventListener("playground:loading", ({ detail }) => detail.model !== model && resolve(false), { signal });
  });
  choose(model);
  return ended.finally(() => ends.abort());
}

/** @returns {import("./models.js").Model[]} */
function byReadiness(models) {
  const rank = ({ model, loaded, built_in }) => [model === chosenModel(), loaded, built_in, true].indexOf(true);
  return [...models].sort((one, other) => rank(one) - rank(other));
}

/** @param {import("./models.js").Model} facts @param {string} pipeline @returns {Trained | null} null if it is not trained for it */
function asTrained({ model, family, pipelines = {}, languages = [], only_target: isOnlyTarget = false }, pipeline) {
  if (family !== "encoder-decoder") return null;
  if (pipeline in pipelines) return { model, prefix: pipelines[pipeline], languages: { source: "", target: "" } };
  if (isOnlyTarget) return null; // nothing says which languages it reads
  const [, ...pair] = TRANSLATION.exec(pipeline) ?? [];
  const [source, target] = pair.map((language) => languages.find((code) => languageOf(code) === language));
  return source && target ? { model, prefix: "", languages: { source, target } } : null;
}

/** @param {string} code  "fr_XX", "fr" or "fra_Latn" @returns {string} "fr" */
function languageOf(code) {
  const [language] = code.split("_");
  try {
    return Intl.getCanonicalLocales(language)[0];
  } catch {
    return language; // no tag of a language
  }
}
