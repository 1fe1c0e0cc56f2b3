/** Lets the reader choose the models of the next run. Shows the state's choice. */

import { make, setText } from "../common/dom.js";
import { allModels, modelNamed } from "../models/models.js";
import { inList } from "../models/picker.js";
import { FEWEST, MOST } from "./state.js";

export class Choice {
  #state;
  /** @type {Map<string, {box: HTMLInputElement, words: HTMLElement}>} by the model's name */
  #boxes = new Map();

  /**
   * @param {import("./state.js").State} state
   * @param {() => void} onChoose  called when the reader has chosen others
   */
  constructor(state, onChoose) {
    this.#state = state;
    const legend = make("legend", "", `Models, ${FEWEST} to ${MOST}`);
    this.element = make("fieldset", "pg-models-choice", legend);
    for (const { model } of allModels()) {
      const box = make("input");
      box.type = "checkbox";
      box.addEventListener("change", () => {
        const names = [...this.#boxes.keys()];
        state.choose(names.filter((name) => this.#boxes.get(name).box.checked));
        onChoose();
      });
      const words = make("span");
      this.#boxes.set(model, { box, words });
      this.element.append(make("label", "pg-entry-label", box, words));
    }
  }

  show() {
    for (const [name, { box, words }] of this.#boxes) {
      box.checked = this.#state.chosen.includes(name);
      box.disabled = !this.#state.canChoose(name);
      setText(words, inList(modelNamed(name)));
    }
  }
}
