/** Knows how points look: a sign and a colour for each group, and the texts of their names. */

import { t } from "../../common/language.js";

/** By group. In space Plotly draws a sign as a letter of the font, so only common ones are used. The signs differ too, for eyes that do not tell the colours apart. */
export const SIGNS = [
  { symbol: "circle", glyph: "●", colour: "--pg-now" },
  { symbol: "diamond", glyph: "◆", colour: "--pg-ink" },
  { symbol: "square", glyph: "■", colour: "--pg-raw" },
  { symbol: "square-open", glyph: "□", colour: "--pg-muted" },
];
export const NEAR_GLYPH = "○";
export const ZERO_GLYPH = "+";

const LONGEST = 20; // signs of a name in a picture

/** @param {string} text @returns {string} the text, cut if it is long */
export function short(text) {
  const signs = Array.from(text);
  return signs.length > LONGEST ? `${signs.slice(0, LONGEST - 1).join("")}…` : text;
}

/**
 * Makes a text plain for Plotly's pictures with three axes. They read `<b>` and `<br>` as markup, and know no `&lt;`. A
 * space without a width breaks the tag and is not seen.
 *
 * @param {string} text
 */
export const plainInSpace = (text) => text.replaceAll("<", "<\u200b");

/** @param {import("./state.js").Point} point @param {import("./groups.js").Group[]} groups @returns {string} what it is, in words */
export function kindOf({ near, group }, groups) {
  const { name } = groups[group];
  return [near === null ? "" : t("near “{word}”", { word: near }), name].filter(Boolean).join(", ");
}
