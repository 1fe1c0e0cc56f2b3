/**
 * Knows which of its two faces the page shows: "simple", with what a first visit needs, or "everything". The face is an
 * attribute of the document's root, `data-face`, by which style sheets fold what the simple face leaves out. Only Decode
 * has a simple form, so they look at `data-view` too.
 *
 * `early.js` sets the attribute before the first picture: from the address (`?face=simple`), from the reader's earlier
 * choice, or from whether the visitor follows a link.
 *
 * @typedef {"simple" | "everything"} Face
 */

import { putParameter } from "./address.js";
import { make } from "./dom.js";
import { remember } from "./keeping.js";

const PARAMETER = "face";
const NAME = "playground:face";

/** @returns {Face} the face that the page shows */
export const face = () => (document.documentElement?.dataset.face === "simple" ? "simple" : "everything");

/** Shows the other face, and tells the document's "playground:face" listeners. @param {Face} next */
export function showFace(next) {
  if (next === face()) return;
  document.documentElement.dataset.face = next;
  document.dispatchEvent(new CustomEvent("playground:face", { detail: next }));
}

/** Shows a face that the reader has chosen, and keeps the choice in the address and for the next visit. @param {Face} next */
export function chooseFace(next) {
  remember(NAME, next);
  putParameter(PARAMETER, next);
  showFace(next);
}

/**
 * Makes two texts of which the page shows one. What is folded has no part in the name of a control.
 *
 * @param {string} simple  where the simple form is shown
 * @param {string} everything  everywhere else
 */
export const byFace = (simple, everything) => [make("span", "pg-in-simple", simple), make("span", "pg-in-everything", everything)];
