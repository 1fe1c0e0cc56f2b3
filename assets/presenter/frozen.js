/**
 * Puts a copy of the open view's main picture beside the live one, with the values of the sliders at that moment. The
 * copy stands still. Knows the pictures by their class.
 */

import { make } from "../common/dom.js";
import { count, t } from "../common/language.js";

/** The main picture of each view that has one. @type {Record<string, string>} */
const PICTURES = { decode: "#pg-decode .pg-bars", "inside/attention": "#pg-attention .pg-map" };
/** The class of what has a frozen picture in it. `:has` would make a browser look at all pictures again in each step. */
const BESIDE = "pg-beside-frozen";
const SLIDERS = { temperature: t("T"), top_k: "top-k", top_p: "top-p" };

/** @param {string} view @returns {boolean} whether the view has a picture that can be copied */
export const hasPicture = (view) => view in PICTURES;

/** @param {string} view @returns {HTMLElement | null} the picture, once it is there */
export const pictureOf = (view) => (hasPicture(view) ? document.querySelector(PICTURES[view]) : null);

/** @param {HTMLElement} picture @returns {HTMLElement} its copy, which now stands before it */
export function freeze(picture) {
  const copy = /** @type {HTMLElement} */ (picture.cloneNode(true));
  for (const element of copy.querySelectorAll("[id]")) element.removeAttribute("id");
  copyCanvases(picture, copy);
  copy.inert = true;
  const caption = make("figcaption", "pg-frozen-caption", t("Frozen: {settings}", { settings: valuesNow() }));
  const frozen = make("figure", "pg-frozen", caption, copy);
  picture.before(frozen);
  picture.parentElement.classList.add(BESIDE);
  return frozen;
}

/** @param {HTMLElement} frozen what `freeze` returned; it goes, and the live picture has its place again */
export function thaw(frozen) {
  frozen.parentElement.classList.remove(BESIDE);
  frozen.remove();
}

/** A canvas is copied without what is drawn on it. */
function copyCanvases(picture, copy) {
  const copies = copy.querySelectorAll("canvas");
  picture.querySelectorAll("canvas").forEach((canvas, place) => {
    copies[place].getContext("2d").drawImage(canvas, 0, 0);
  });
}

/** @returns {string} what the three sliders say */
function valuesNow() {
  const values = Object.entries(SLIDERS).map(([name, label]) => {
    /** @type {HTMLInputElement | null} */
    const number = document.querySelector(`#pg-control-${name} input[type=number]`);
    return number && t("{setting} {value}", { setting: label, value: count(Number(number.value)) });
  });
  return values.filter(Boolean).join(", ");
}
