/**
 * Knows the server's models: which there are, which one is chosen on this page, and what the page must know of each. The
 * document's event "playground:model" says that another one is chosen. Does not know the page or the server.
 *
 * @typedef {object} Model  see playground/web/messages/models.py; what only a loaded model knows is missing at first
 * @property {string} model  its name
 * @property {string | null} [task]  what the head of an encoder-only model does: "fill-mask", "text-classification" or
 *   "token-classification"; null for a model that writes
 * @property {string} size  how many parameters it has: "135 M"
 * @property {string} dtype
 * @property {string} device
 * @property {"decoder" | "encoder-decoder" | "encoder"} family
 * @property {boolean} loaded
 * @property {boolean} built_in  whether it comes with the playground, and nobody asked for it
 * @property {Record<string, string>} [pipelines]  what a model with an encoder is trained for: the prefix of its source, by
 *   the name of transformers' pipeline
 * @property {string} [details]  its layers, heads, vocabulary and window
 * @property {string} [note]  what a reader must know about its texts, empty for nothing
 * @property {string} [words]  the address of the texts of its tokens
 * @property {number} [new_tokens]  the most tokens that it writes after one prompt
 * @property {string | null} [no_chat]  the sentence why it has no chat template, null if it has one
 * @property {import("../chat/editor.js").Switch[]} [switches]
 * @property {boolean} [reads_tool_calls]
 * @property {string} [example]  the prompt of its example, if it writes texts
 * @property {number} [source_width]  of a model with an encoder, the numbers of each vector that the encoder puts out
 * @property {string[]} [languages]  of such a model, the codes of the languages that it has tokens for
 * @property {boolean} [only_target]  of such a model, whether these are the languages that it writes and not those that it
 *   reads
 * @property {string[]} [prefixes]  of such a model, the texts that its tasks want before the source
 * @property {number[]} [special_ids]  of such a model, the ids that are no part of the text
 * @property {string | null} [mask_token]  how a blank is written, null for a model that fills none
 */

import { t } from "../common/language.js";

/** @type {Map<string, Model>} by name, the first model first */
const models = new Map((globalThis.playgroundModels ?? []).map((model) => [model.model, model]));

/** @type {string | undefined} */
let chosen = firstModel();

/** @returns {string | undefined} the name of the model that is used where none is named */
export function firstModel() {
  return models.keys().next().value;
}

/** @returns {readonly Model[]} */
export const allModels = () => [...models.values()];

/** @returns {readonly string[]} */
export const namesOfModels = () => [...models.keys()];

/**
 * Returns the models that a view may offer to compare: those that the server was asked for, and the built-in ones that are
 * of the same family as one of them.
 *
 * @returns {readonly Model[]}
 */
export function comparableModels() {
  const asked = allModels().filter((model) => !model.built_in);
  return [...asked, ...allModels().filter((model) => model.built_in && asked.some(({ family }) => family === model.family))];
}

/** @returns {readonly string[]} */
export const namesToCompare = () => comparableModels().map(({ model }) => model);

/** @returns {boolean} whether a text must say of which model it is: there are several, or it is not the first or the chosen one */
export const isToBeNamed = (model) => namesToCompare().length > 1 || model !== firstModel() || model !== chosen;

/** @returns {string} the name of the chosen model */
export const chosenModel = () => chosen;

/** @returns {Model | undefined} what is known of a model, undefined if the server does not have it */
export const modelNamed = (name) => models.get(name);

/** @returns {Model | undefined} what is known of the chosen model */
export const chosenFacts = () => models.get(chosen);

/** @returns {boolean} whether the ids of two models stand for the same texts, as those of one model in two precisions do */
export function haveOneVocabulary(one, other) {
  const [first, second] = [one, other].map((name) => models.get(name)?.words?.split("?")[0]);
  return one === other || (first !== undefined && first === second);
}

/** Takes in what the server says about a model. What was known of it stays known. @param {Model} told */
export function learnModel(told) {
  models.set(told.model, { ...models.get(told.model), ...told });
}

/** @param {string} name  a model of the server @returns {boolean} whether it is another one than before */
export function chooseModel(name) {
  if (name === chosen || !models.has(name)) return false;
  chosen = name;
  return true;
}

/** Says on the page that the chosen model is there and in use. */
export const tellModel = () => document.dispatchEvent(new CustomEvent("playground:model", { detail: chosen }));

/** @param {string} model @returns {string} " of SmolLM2" if the model is to be named, or else nothing */
export const ofModel = (model) => (isToBeNamed(model) ? ` ${t("of {model}", { model })}` : "");

/**
 * @param {string} path  of a route that is not about a text
 * @param {string} [model]  none for the chosen one
 * @returns {string} the same with the model in its query, if it is not the first
 */
export function aboutModel(path, model = chosen) {
  if (model === firstModel()) return path;
  return `${path}${path.includes("?") ? "&" : "?"}model=${encodeURIComponent(model)}`;
}

/** @param {string} model @returns {boolean} whether a model says by its name that it reads French */
export const readsFrench = (model) => /french|opus-mt-fr/i.test(model);
