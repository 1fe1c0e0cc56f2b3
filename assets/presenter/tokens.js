/**
 * Turns to the next or the last token of the open view, as the arrow keys in its row of tokens do, and lets the model
 * write one more token at the end. Knows the row by its role, and Gradio's button by its id.
 */

import { hasGenerate } from "../sidebar.js";

const ROW = "[role=listbox][aria-orientation=horizontal]";

/** Shows the next token. At the end of a text that the sidebar writes, the model writes one. */
export function nextToken() {
  if (turn("ArrowRight") || !hasGenerate()) return;
  /** @type {HTMLButtonElement | null} */
  const step = document.querySelector("#pg-step");
  step?.click();
}

export const tokenBefore = () => turn("ArrowLeft");

/** @param {string} key @returns {boolean} whether another token is in view now */
function turn(key) {
  const rows = Array.from(document.querySelectorAll(ROW)).filter((row) => row.checkVisibility());
  const inView = () => rows[0]?.getAttribute("aria-activedescendant");
  const before = inView();
  rows[0]?.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  return inView() !== before;
}
