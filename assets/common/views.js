/**
 * Passes places between the tabs: the step in view on the Decode tab, and a step that another tab wants to open there.
 * The tabs know this module and not each other. A tab that is mounted late calls `placeInView`.
 *
 * @typedef {object} Place
 * @property {string} traceId
 * @property {number} index  the index of the step, below 0 for a token of the prompt
 * @property {boolean} [isForeign]  whether the sidebar must take over the text's prompt, because it was not written there
 */

import { openView } from "./navigation.js";

/** @type {Place | null} */
let inView = null;

/** @returns {Place | null} the place that the Decode tab shows */
export const placeInView = () => inView;

/** Reports the place on the Decode tab to the document's "playground:inview" listeners. @param {Place} place */
export function tellInView(place) {
  inView = place;
  document.dispatchEvent(new CustomEvent("playground:inview", { detail: place }));
}

/** Opens the Decode tab with a step in view. @param {Place} place */
export function openInDecode(place) {
  openView("decode");
  scrollTo(0, 0); // the reader may have scrolled down
  document.dispatchEvent(new CustomEvent("playground:open", { detail: place }));
}
