/** A fold of the row of a class, which lies over the page. Escape closes it, and so does a press elsewhere. */

import { make } from "../common/dom.js";
import { closeByEscape } from "../common/focus.js";

/** @param {HTMLElement} summary @param {HTMLElement} content @returns {HTMLDetailsElement} */
export function menu(summary, content) {
  const fold = make("details", "pg-class-menu", summary, content);
  closeByEscape([fold], () => {
    if (!fold.open) return null;
    fold.open = false;
    return summary;
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !fold.contains(target)) fold.open = false;
  });
  return fold;
}
