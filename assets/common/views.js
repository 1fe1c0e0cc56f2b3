/**
 * Passes places between the tabs: the step in view on the Decode tab, a step that another tab wants to open there, and a
 * prompt that Compare models shall run. The tabs know this module and not each other. A tab that is mounted late calls `placeInView`.
 *
 * @typedef {object} Place
 * @property {string} traceId
 * @property {number} index  the index of the step, below 0 for a token of the prompt
 * @property {boolean} [keepsSliders]  whether the sidebar's controls stay where they are
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

/**
 * @typedef {object} Brought  how a prompt that now stands in the sidebar is to be read by several models
 * @property {string} said  what is said of it
 * @property {string} stop  the text at which an answer ends, "" for none
 */

/** @type {Brought | null} */
let brought = null;

/** Opens Compare models for the prompt in the sidebar. @param {Brought} what */
export function openInModels(what) {
  brought = what;
  openView("compare/models");
  document.dispatchEvent(new Event("playground:brought"));
}

/** @returns {Brought | null} what was brought to Compare models and not taken yet */
export function takeBrought() {
  const what = brought;
  brought = null;
  return what;
}

/** Opens the Decode tab with a step in view. @param {Place} place */
export function openInDecode(place) {
  openView("decode");
  scrollTo(0, 0); // the reader may have scrolled down
  document.dispatchEvent(new CustomEvent("playground:open", { detail: place }));
}
