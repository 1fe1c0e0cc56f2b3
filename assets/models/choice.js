/** Lets the reader choose several of the models that can be compared. Shows the choice of the view that asks for it. */

import { make, setText } from "../common/dom.js";
import { comparableModels, modelNamed } from "./models.js";
import { inList } from "./picker.js";

export class ModelChoice {
  /** @type {Map<string, {box: HTMLInputElement, words: HTMLElement}>} by the model's name */
  #boxes = new Map();

  /**
   * @param {string} title
   * @param {(models: string[]) => void} onChoose  called with the models that are chosen now, in the server's order
   */
  constructor(title, onChoose) {
    this.element = make("fieldset", "pg-model-choice", make("legend", "", title));
    for (const { model } of comparableModels()) {
      const box = make("input");
      box.type = "checkbox";
      box.addEventListener("change", () => onChoose([...this.#boxes.keys()].filter((name) => this.#boxes.get(name).box.checked)));
      const words = make("span");
      this.#boxes.set(model, { box, words });
      this.element.append(make("label", "", box, words));
    }
  }

  /** @param {readonly string[]} chosen @param {(model: string) => boolean} canChange  whether the reader may change this one */
  show(chosen, canChange) {
    for (const [name, { box, words }] of this.#boxes) {
      box.checked = chosen.includes(name);
      box.disabled = !canChange(name);
      setText(words, inList(modelNamed(name)));
    }
  }
}
