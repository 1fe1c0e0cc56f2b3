/** Makes a fold whose content is brought up to date again and again while the fold is open. */

import { make } from "./dom.js";

/**
 * @param {string} title
 * @param {HTMLElement} content
 * @param {number} pauseMs  between two updates
 * @param {() => Promise<void>} update  brings the content up to date; does not reject
 */
export function followingFold(title, content, pauseMs, update) {
  const fold = make("details", "", make("summary", "", title), content);
  let opened = 0; // the number of the latest time that it was opened or closed
  fold.addEventListener("toggle", async () => {
    const here = ++opened;
    while (fold.open && fold.isConnected && here === opened) {
      await update();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  });
  return fold;
}
