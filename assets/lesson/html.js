/**
 * Puts the text of a lesson on the page, and fills the live numbers in it. This is the only place where HTML of the server is
 * taken as HTML: it comes from Markdown, in which raw HTML, scripts and pictures are off (`playground/lessons/`).
 *
 * @typedef {object} Rich  a text with live numbers
 * @property {string} html
 * @property {import("./tree.js").Tree[]} values  of each `<output data-value="0">` in it, by its number
 * @property {import("./units.js").Unit[]} units  in the same order
 */

import { setText } from "../common/dom.js";
import { NOT_THERE, written } from "./units.js";

export class RichText {
  #outputs;
  #rich;

  /** @param {HTMLElement} element  to fill @param {Rich} rich */
  constructor(element, rich) {
    this.element = element;
    this.#rich = rich;
    element.innerHTML = rich.html;
    this.#outputs = Array.from(element.querySelectorAll("output"));
    for (const output of this.#outputs) {
      output.ariaLive = "off"; // a number that follows a slider would be read out at every move
      output.textContent = NOT_THERE;
    }
  }

  /** Fills in the numbers as they are now. @param {import("./live.js").Live} live */
  show(live) {
    for (const output of this.#outputs) {
      const place = Number(output.dataset.value);
      output.dataset.unit = this.#rich.units[place];
      setText(output, written(live.valueOf(this.#rich.values[place]), this.#rich.units[place]));
    }
  }
}
