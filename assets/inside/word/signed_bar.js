/** Draws a number as a bar from a line in the middle: to the right above 0, to the left below. */

import { make } from "../../common/dom.js";

/** @param {number} value @param {number} top  the largest magnitude, which fills one side @returns {HTMLElement} */
export function signedBar(value, top) {
  const fill = make("span", `pg-word-fill ${value < 0 ? "pg-word-below" : ""}`);
  const width = top > 0 ? (50 * Math.abs(value)) / top : 0;
  Object.assign(fill.style, { width: `${width}%`, left: value < 0 ? `${50 - width}%` : "50%" });
  const track = make("span", "pg-word-track", fill);
  track.ariaHidden = "true";
  return track;
}
