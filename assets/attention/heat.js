/**
 * Provides the colours of weights: the eight shades of the style sheet, and finer ones between them for a canvas.
 * Knows the style sheet's names only.
 */

import { place } from "./weights.js";
import { SHADES } from "../common/shading.js";

const FINE = 256;

/** @returns {number} 0 to 7: the shade that common.css paints for [data-heat] */
export const heatShade = (weight, top, isLog) => Math.min(SHADES - 1, Math.floor(place(weight, top, isLog) * SHADES));

/** Colour scales in Plotly's form, with the style sheet's colour names: one for weights, one for differences. */
export const HEAT_SCALE = scaleOf("heat", SHADES);
export const DIFFERENCE_SCALE = scaleOf("differ", 7);

/**
 * Makes a table of colours for a canvas from a colour scale.
 *
 * @param {[number, string][]} scale  one of those above
 * @param {Element} element  in the page
 * @returns {Uint32Array} 256 colours, in the byte order of ImageData
 */
export function colourTable(scale, element) {
  const style = getComputedStyle(element);
  const stops = scale.map(([, name]) => channels(style.getPropertyValue(name).trim()));
  const last = stops.length - 1;
  return Uint32Array.from({ length: FINE }, (_, fine) => {
    const at = (fine / (FINE - 1)) * last;
    const before = Math.min(last - 1, Math.floor(at));
    const [from, to] = [stops[before], stops[before + 1]];
    return opaque(...from.map((low, channel) => low + (to[channel] - low) * (at - before)));
  });
}

/** @param {number} share  0 to 1, along the scale @returns {number} the index of the colour in the table */
export const colourIndex = (share) => Math.round(share * (FINE - 1));

/** @returns {[number, string][]} */
function scaleOf(name, count) {
  return Array.from({ length: count }, (_, shade) => [shade / (count - 1), `--pg-${name}-${shade}`]);
}

/** "#rrggbb", as the style sheet writes it */
const channels = (colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));

/** Little-endian: ImageData's bytes are red, green, blue, alpha. */
const opaque = (red, green, blue) => (255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red);
