/** Says why a view has nothing to show of an encoder-only model. Knows views and models by name, not the page. */

import { allModels, chosenFacts } from "./models.js";

/** The views that an encoder-only model has; every other view needs a model that writes. */
const OF_ENCODERS = ["decode", "fill", "compare/families", "inside/picture", "inside/tokens", "inside/embeddings", "inside/positions", "inside/attention", "inside/layers", "inside/why"];

/** What a view needs a model for that writes. @type {Record<string, string>} */
const NEEDS = {
  "compare/prompts": "This view compares what a model answers to several prompts.",
  "compare/settings": "This view compares texts that a model writes under several settings.",
  "compare/models": "This view compares texts that several models write.",
  beams: "Beam search looks for the most probable continuation of a prompt.",
  "inside/word": "This pane goes from the last vector of a text to the next word that a model writes.",
};
const NEEDS_INSIDE = "This pane follows a text that a model writes.";
const DOES = { "fill-mask": "fills blanks", "text-classification": "gives a text labels", "token-classification": "gives tokens labels" };

/** @returns {boolean} whether the chosen model is encoder-only */
export const isEncoder = () => chosenFacts()?.family === "encoder";

/** @returns {string} the label of the tab of an encoder-only model, by what its head does */
export const encoderTab = () => (isEncoder() && chosenFacts().task !== "fill-mask" ? "Labels" : "Fill");

/** @param {string} view  its id @returns {boolean} whether the view shows something of the chosen model */
export const isServed = (view) => !isEncoder() || OF_ENCODERS.includes(view);

/** @param {string} view  its id, of a view that does not serve the chosen model @returns {string} */
export function whyNot(view) {
  const { model, task } = chosenFacts();
  const other = writer();
  const remedy = other ? `or choose ${other}` : "or start the playground with one more --model that writes,";
  return `${NEEDS[view] ?? NEEDS_INSIDE} ${model} writes none: it ${DOES[task]}. Open ${encoderTab()} to see it, ${remedy} for this view.`;
}

/** @returns {string | undefined} the name of a model that writes, a loaded one if there is one */
export function writer() {
  const writers = allModels().filter(({ family }) => family !== "encoder");
  return (writers.find(({ loaded }) => loaded) ?? writers[0])?.model;
}
