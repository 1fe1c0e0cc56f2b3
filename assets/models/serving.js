/** Says why a view has nothing to show of an encoder-only model. Knows views and models by name, not the page. */

import { t } from "../common/language.js";
import { allModels, chosenFacts } from "./models.js";

/** The views that an encoder-only model has; every other view needs a model that writes. */
const OF_ENCODERS = ["decode", "fill", "compare/families", "inside/picture", "inside/tokens", "inside/embeddings", "inside/positions", "inside/attention", "inside/layers", "inside/why"];

/** What a view needs a model for that writes. @type {Record<string, string>} */
const NEEDS = {
  "compare/prompts": t("This view compares what a model answers to several prompts."),
  "compare/settings": t("This view compares texts that a model writes under several settings."),
  "compare/models": t("This view compares texts that several models write."),
  beams: t("Beam search looks for the most probable continuation of a prompt."),
  "inside/word": t("This pane goes from the last vector of a text to the next word that a model writes."),
};
const NEEDS_INSIDE = t("This pane follows a text that a model writes.");
/** What an encoder-only model does in place of that, by its task. @type {Record<string, (model: string) => string>} */
const DOES = {
  "fill-mask": (model) => t("{model} writes none: it fills blanks.", { model }),
  "text-classification": (model) => t("{model} writes none: it gives a text labels.", { model }),
  "token-classification": (model) => t("{model} writes none: it gives tokens labels.", { model }),
};

/** @returns {boolean} whether the chosen model is encoder-only */
export const isEncoder = () => chosenFacts()?.family === "encoder";

/** @returns {string} the label of the tab of an encoder-only model, by what its head does */
export const encoderTab = () => (isEncoder() && chosenFacts().task !== "fill-mask" ? t("Labels") : t("Fill"));

/** @param {string} view  its id @returns {boolean} whether the view shows something of the chosen model */
export const isServed = (view) => !isEncoder() || OF_ENCODERS.includes(view);

/** @param {string} view  its id, of a view that does not serve the chosen model @returns {string} */
export function whyNot(view) {
  const { model, task } = chosenFacts();
  const [tab, other] = [encoderTab(), writer()];
  const remedy = other
    ? t("Open {tab} to see it, or choose {model} for this view.", { tab, model: other })
    : t("Open {tab} to see it, or start the playground with one more --model that writes, for this view.", { tab });
  return [NEEDS[view] ?? NEEDS_INSIDE, DOES[task](model), remedy].join(" ");
}

/** @returns {string | undefined} the name of a model that writes, a loaded one if there is one */
export function writer() {
  const writers = allModels().filter(({ family }) => family !== "encoder");
  return (writers.find(({ loaded }) => loaded) ?? writers[0])?.model;
}
