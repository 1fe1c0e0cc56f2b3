/**
 * Puts the example of the model that the reader chooses into the prompt, while the prompt is still the example of another
 * model. A prompt that the reader has written stays.
 */

import { promptInSidebar, typePrompt } from "../common/controls.js";
import { allModels, chosenFacts } from "./models.js";

/** The model that the reader has chosen in the list. A link, which also chooses one, brings its own prompt. */
let byHand = "";

document.addEventListener("playground:choose", ({ detail }) => {
  byHand = detail;
});
document.addEventListener("playground:model", ({ detail }) => {
  if (detail !== byHand) return;
  const { prompt, chat, earlier } = promptInSidebar();
  const { example } = chosenFacts();
  const isExample = !earlier.length && allModels().some((model) => model.example === prompt);
  if (example && example !== prompt && isExample) typePrompt({ prompt: example, chat });
});
