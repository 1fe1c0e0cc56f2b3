/**
 * Knows which of its two faces the page shows: "simple", with what a first visit needs, or "everything". A style sheet
 * folds what the simple face leaves out, by the attribute that is set here on the document's root.
 *
 * The face is in the address (`?face=simple`), and the browser keeps the reader's choice. Where neither says anything,
 * a visitor without a link meets the simple face, and a link shows everything.
 *
 * @typedef {"simple" | "everything"} Face
 */

import { remember, storage } from "./keeping.js";

const PARAMETER = "face";
const NAME = "playground:face";
/** @type {Face[]} */
const FACES = ["simple", "everything"];

/** @type {Face} */
let shown = asked() ?? chosenBefore() ?? (hasLink() ? "everything" : "simple");

/** @returns {Face} the face that the page shows */
export const face = () => shown;

/** Shows the other face, and tells the document's "playground:face" listeners. @param {Face} next */
export function showFace(next) {
  if (next === shown) return;
  shown = next;
  putFace();
  document.dispatchEvent(new CustomEvent("playground:face", { detail: shown }));
}

/** Shows a face that the reader has chosen, and keeps the choice for the next visit. @param {Face} next */
export function chooseFace(next) {
  remember(NAME, next);
  showFace(next);
}

/** Sets the attribute by which styles fold. Called once when the page is loaded, and at each change. */
export function putFace() {
  document.documentElement.dataset.face = shown;
}

/** @returns {Face | undefined} the face that the address asks for */
function asked() {
  return FACES.find((one) => one === new URLSearchParams(location.search).get(PARAMETER));
}

/** @returns {Face | undefined} the face that the reader chose in an earlier visit */
function chosenBefore() {
  return FACES.find((one) => one === storage("localStorage")?.getItem(NAME));
}

/** @returns {boolean} whether the address names a view or holds a link */
function hasLink() {
  return location.hash.includes("=") || new URLSearchParams(location.search).has("tab");
}
