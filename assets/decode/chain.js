/**
 * Shows the chain of stages in generate's order. Each stage is a button that shows the distribution after it. The stages
 * that are off are folded away; the last button shows them in their places.
 */

import { button, make, setText } from "../common/dom.js";
import { OFF } from "../distribution/settings.js";
import { MODEL } from "./state.js";
import { deed, plural, shortLabel, stageFacts } from "../common/words.js";

export class Chain {
  #cells;

  /** @param {(name: string) => void} onChoose  called with a stage's name, or MODEL */
  constructor(onChoose) {
    this.#cells = new Map([MODEL, ...Object.keys(OFF)].map((name) => [name, new Cell(() => onChoose(name))]));
    this.more = button("", () => this.#unfold(), "pg-chain-more");
    this.more.ariaExpanded = "false";
    const cells = Array.from(this.#cells.values(), (cell) => cell.element);
    this.element = make("ol", "pg-chain", ...cells, make("li", "", this.more));
    this.element.ariaLabel = "How the choice was made";
  }

  /**
   * @param {number} size  the size of the vocabulary
   * @param {import("../distribution/distribution.js").Stage[]} stages
   * @param {string} seen  the stage whose distribution is in view, or MODEL
   */
  show(size, stages, seen) {
    const whole = plural(size, "token");
    this.#cells.get(MODEL).show([MODEL, "", `${whole.split(" ")[0]} left`, ""], `The model's own distribution: ${whole}`, false);
    for (const stage of stages) {
      this.#cells.get(stage.name).show([shortLabel(stage.name), ...stageFacts(stage)], deed(stage), stage.off);
    }
    for (const [name, cell] of this.#cells) cell.button.ariaPressed = String(name === seen);
    this.#fold();
  }

  #unfold() {
    this.more.ariaExpanded = String(this.more.ariaExpanded !== "true");
    this.#fold();
  }

  #fold() {
    const isOpen = this.more.ariaExpanded === "true";
    const off = [...this.#cells.values()].filter((cell) => cell.button.disabled);
    for (const cell of this.#cells.values()) cell.element.hidden = !isOpen && cell.button.disabled;
    this.more.parentElement.hidden = off.length === 0;
    this.more.title = `${plural(off.length, "stage")} that are off: ${isOpen ? "hide" : "show"} them`;
    setText(this.more, `${off.length} off ${isOpen ? "▾" : "▸"}`);
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
    for (const [line, text] of texts.entries()) setText(this.lines[line], text);
    this.button.disabled = isOff;
    if (this.button.title !== said) this.button.title = said;
  }
}
