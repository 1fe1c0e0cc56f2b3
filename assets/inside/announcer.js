/**
 * Says to a screen reader what happens inside the model: one sentence when a text begins to be read and one when it is drawn,
 * and later one for each move of the reader. What a sentence replaces before it was said is not said.
 */

import { make, setText } from "../common/dom.js";

const PAUSE_MS = 250; // a screen reader is told once the page is still

export class Announcer {
  #timer = 0;

  constructor() {
    this.element = make("p", "pg-spoken");
    this.element.role = "status";
  }

  /** @param {string} sentence */
  say(sentence) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => setText(this.element, sentence), PAUSE_MS);
  }
}
