/** Says where a key moves a cut on the curve, and which value its slider has there. Pure functions of numbers. */

const MANY = 10; // steps of PageUp and PageDown

/** In which direction the value changes when the cut's line moves to the right, or up. */
const TO_RIGHT = { top_k: 1, top_p: 1, min_p: -1 };

/**
 * @typedef {object} Control  the slider of the cut's setting
 * @property {number} min
 * @property {number} max
 * @property {number} step
 */

/**
 * The left and right arrow keys move the line that way; the others change the value as on any slider. Beyond the last
 * rank top-k is off, which its setting writes as 0.
 *
 * @param {string} key
 * @param {string} name  of the cut's setting
 * @param {number} value
 * @param {Control} control
 * @returns {number | null} the new value, null if the key means nothing here
 */
export function valueAfter(key, name, value, { min, max, step }) {
  const right = TO_RIGHT[name];
  const steps = { ArrowLeft: -right, ArrowRight: right, ArrowDown: -1, ArrowUp: 1, PageDown: -MANY, PageUp: MANY }[key];
  const endless = name === "top_k" ? max + step : null; // where a rank stands that cuts nothing
  const now = endless && value === 0 ? endless : value;
  const target = key === "Home" ? (endless ? min + step : min) : key === "End" ? max : now + steps * step;
  if (!Number.isFinite(target)) return null;
  if (endless) return target >= endless ? 0 : Math.max(1, Math.min(max, target));
  return Math.max(min, Math.min(max, target));
}

/** @param {number} value @param {Control} control @returns {number} the nearest value that the slider has */
export function onSlider(value, { min, max, step }) {
  const stepped = min + step * Math.round((value - min) / step);
  return Number(Math.max(min, Math.min(max, stepped)).toPrecision(6));
}
