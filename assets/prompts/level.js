/**
 * Gives the prompts of all columns one height, so that the answers below them stand side by side: the height of the
 * longest one, as far as the style sheet allows.
 */

import { onResize } from "../common/resize.js";

const HEIGHT = "--pg-prompt-height";

export class Level {
  #place;
  #columns;
  #width = 0;

  /**
   * @param {HTMLElement} place  the element with the columns
   * @param {() => import("./column.js").Column[]} columns
   */
  constructor(place, columns) {
    this.#place = place;
    this.#columns = columns;
    onResize(place, () => this.#width !== place.clientWidth && this.set());
  }

  /** Measures the prompts again, because they or the width have changed. */
  set() {
    const prompts = this.#columns().map(({ prompt }) => prompt);
    this.#width = this.#place.clientWidth;
    this.#place.style.removeProperty(HEIGHT);
    for (const prompt of prompts) prompt.fit();
    const heights = prompts.map((prompt) => prompt.height);
    this.#place.style.setProperty(HEIGHT, `${Math.max(...heights)}px`);
  }
}
