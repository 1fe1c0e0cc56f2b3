/**
 * Says in the page's language what Gradio is told after the page has opened, such as the prompt's label for another model. What
 * the page opens with is translated before Gradio begins (`early_language.js`).
 */

import { LANGUAGE } from "./common/language.js";
import { translated } from "./common/server_sentences.js";

/** @param {Element[]} controls  whose texts change */
export function translateLabels(controls) {
  if (LANGUAGE === "en") return;
  for (const control of controls) {
    new MutationObserver(() => translate(control)).observe(control, { childList: true, characterData: true, subtree: true });
    translate(control);
  }
}

function translate(control) {
  const texts = document.createTreeWalker(control, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = /** @type {Text} */ (texts.currentNode);
    const said = translated(text.data.trim());
    if (said && said !== text.data.trim()) text.data = said;
  }
}
