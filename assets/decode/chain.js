/**
 * Shows the chain of stages in generate's order. Each stage is a button that shows the distribution after it. The stages
 * that are off are folded away; the last button shows them in their places.
 */

import { button, make, setText } from "../common/dom.js";
import { STAGES } from "../distribution/stages/all.js";
import { MODEL } from "./state.js";
import { count, deed, plural, shortLabel, stageFacts } from "../common/words.js";

/** The most tokens that a stage of this value can leave. @type {Record<string, (value: number) => number>} */
const BOUNDS = { top_k: (k) => k, min_p: (p) => Math.floor(1 / p) };

export class Chain {
  #cells;

  /** @param {(name: string) => void} onChoose  called with a stage's name, or MODEL */
  constructor(onChoose) {
    this.#cells = new Map([MODEL, ...STAGES.map(({ name }) => name)].map((name) => [name, new Cell(() => onChoose(name))]));
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
    let most = size; // tokens that the stages in force so far can leave
    for (const stage of stages) {
      if (!stage.off) most = Math.min(most, BOUNDS[stage.name]?.(stage.value) ?? most);
      const facts = stageFacts(stage);
      this.#cells.get(stage.name).show([shortLabel(stage.name), ...facts], deed(stage), stage.off, roomFor(facts, most));
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

/**
 * Returns texts that are as long as the facts can become. A cell is as wide as they need, so that the stages stand in the
 * same rows at every step.
 *
 * @param {string[]} facts  a stage's value and two facts @param {number} most  tokens that the stage can leave
 */
function roomFor([, left, fact], most) {
  const isMoved = fact.endsWith("moved");
  return [left && `${count(most)} left`, fact && (isMoved ? "9,999 moved" : "−99.9 %")];
}

class Cell {
  constructor(onClick) {
    this.lines = Array.from({ length: 4 }, () => make("span"));
    this.button = make("button", "", ...this.lines);
    this.button.type = "button";
    this.button.addEventListener("click", onClick);
    this.element = make("li", "", this.button);
  }

  /**
   * @param {string[]} texts  the name, the value, and two facts
   * @param {string} said  the same in full
   * @param {boolean} isOff
   * @param {string[]} [room]  the longest texts that the facts may have
   */
  show(texts, said, isOff, room = ["", ""]) {
    for (const [line, text] of texts.entries()) setText(this.lines[line], text);
    for (const [fact, longest] of room.entries()) this.lines[fact + 2].dataset.room = longest;
    this.button.disabled = isOff;
    if (this.button.title !== said) this.button.title = said;
  }
}
