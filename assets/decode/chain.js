/**
 * The chain: the stages in generate's order, each a button that shows the distribution as it is after that stage.
 * The cells are made once and keep their places; a stage that is off stays in its place, muted.
 */

import { make, setText } from "../common/dom.js";
import { OFF } from "../distribution/settings.js";
import { deed, plural, shortLabel, stageFacts } from "../common/words.js";

/** The name of what enters the first stage: the model's own distribution. */
export const MODEL = "model";

export class Chain {
  #cells;

  /** @param {(name: string) => void} onChoose  a stage's name, or MODEL */
  constructor(onChoose) {
    this.#cells = new Map([MODEL, ...Object.keys(OFF)].map((name) => [name, new Cell(() => onChoose(name))]));
    this.element = make("ol", "pg-chain", ...Array.from(this.#cells.values(), (cell) => cell.element));
    this.element.ariaLabel = "How the choice was made";
  }

  /**
   * @param {number} size  of the vocabulary
   * @param {import("../distribution/distribution.js").Stage[]} stages
   * @param {string} seen  whose distribution is in view: a stage's name, or MODEL
   */
  show(size, stages, seen) {
    const whole = plural(size, "token");
    this.#cells.get(MODEL).show([MODEL, "", `${whole.split(" ")[0]} left`, ""], `The model's own: ${whole}`, false);
    for (const stage of stages) {
      this.#cells.get(stage.name).show([shortLabel(stage.name), ...stageFacts(stage)], deed(stage), stage.off);
    }
    for (const [name, cell] of this.#cells) cell.button.ariaPressed = String(name === seen);
  }
}

class Cell {
  constructor(onClick) {
    this.lines = Array.from({ length: 4 }, () => make("span"));
    this.button = make("button", "", ...this.lines);
    this.button.type = "button";
    this.button.addEventListener("click", onClick);
    this.element = make("li", "", this.button);
  }

  show(texts, said, isOff) {
    texts.forEach((text, line) => setText(this.lines[line], text));
    this.button.disabled = isOff;
    if (this.button.title !== said) this.button.title = this.button.ariaLabel = said;
  }
}
