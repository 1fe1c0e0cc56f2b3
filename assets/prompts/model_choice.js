/** Lets the reader choose the models of the next evaluation. Shows what the state holds. */

import { make, setText } from "../common/dom.js";
import { allModels, modelNamed } from "../models/models.js";
import { rounded } from "../models/picker.js";

export class ModelChoice {
  #state;
  /** @type {Map<string, {box: HTMLInputElement, words: HTMLElement}>} by the model's name */
  #boxes = new Map();

  /**
   * @param {import("./evaluation_state.js").EvaluationState} state
   * @param {() => void} onChoose  called when the reader has chosen others
   */
  constructor(state, onChoose) {
    this.#state = state;
    this.element = make("fieldset", "pg-prompts-switches pg-prompts-models", make("legend", "", "Models, one line each"));
    this.element.hidden = !state.hasChoice;
    for (const { model } of allModels()) {
      const box = make("input");
      box.type = "checkbox";
      box.addEventListener("change", () => {
        state.choose(model, box.checked);
        onChoose();
      });
      const words = make("span");
      this.#boxes.set(model, { box, words });
      this.element.append(make("label", "pg-prompts-check", box, " ", words));
    }
  }

  show() {
    for (const [name, { box, words }] of this.#boxes) {
      const { parameters, dtype, loaded } = modelNamed(name);
      box.checked = this.#state.models.includes(name);
      box.disabled = !this.#state.canChoose(name);
      setText(words, `${name} (${rounded(parameters)}, ${dtype}${loaded ? "" : ", not loaded"})`);
    }
  }
}
