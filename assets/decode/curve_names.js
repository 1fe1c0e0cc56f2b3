/** Finds places for the names of the cuts on the curve, so that none covers another one. Pure functions of lengths. */

const ROW = 16; // the height of a line of text
const ASCENT = 12;
const DESCENT = 4;
const BESIDE = 5; // between a line and its name
const CHARACTER = 7.6; // the width of a character, rounded up
const FROM_BOTTOM = 8;

/**
 * @typedef {object} Frame  the edges of the plot
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 *
 * @typedef {object} Place  where a text begins ("start") or ends ("end"), on its baseline
 * @property {number} x
 * @property {number} y
 * @property {"start" | "end"} anchor
 *
 * @typedef {object} Box
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 */

/** @param {string} text @returns {number} at least its width */
export const widthOf = (text) => CHARACTER * text.length;

/** @param {Place} place @param {string} text @returns {Box} what the text covers */
export function boxOf({ x, y, anchor }, text) {
  const width = widthOf(text);
  const left = anchor === "start" ? x : x - width;
  return { left, right: left + width, top: y - ASCENT, bottom: y + DESCENT };
}

/**
 * Names of upright lines stand in rows from the bottom, one row each, so that a name keeps its row while its line moves.
 *
 * @param {{x: number, text: string}[]} lines  in the order of the rows
 * @param {Frame} frame
 * @returns {Place[]} each beside its line, on the right if it fits there
 */
export function besideUprights(lines, frame) {
  return lines.map(({ x, text }, row) => {
    const y = frame.bottom - FROM_BOTTOM - ROW * row;
    const fits = x + BESIDE + widthOf(text) <= frame.right;
    return fits ? { x: x + BESIDE, y, anchor: "start" } : { x: x - BESIDE, y, anchor: "end" };
  });
}

/**
 * The curve crosses the level line from below, so there is room above the line's beginning and below its end.
 *
 * @param {number} height  of the level line
 * @param {number} crossing  where the curve crosses it
 * @param {string} text
 * @param {Box[]} taken  what other names cover
 * @param {Frame} frame
 * @returns {Place} above or below the line, at its beginning or its end, where nothing is taken
 */
export function besideLevel(height, crossing, text, taken, frame) {
  const above = height - BESIDE;
  const below = height + ASCENT + BESIDE;
  /** @returns {Place} */
  const start = (y) => ({ x: frame.left + BESIDE, y, anchor: "start" });
  /** @returns {Place} */
  const end = (y) => ({ x: frame.right - BESIDE, y, anchor: "end" });
  const isLate = crossing > (frame.left + frame.right) / 2;
  const places = isLate ? [start(above), end(below)] : [end(below), start(above)];
  places.push(end(above), start(below));
  const isFree = (place) => {
    const box = boxOf(place, text);
    return box.top >= frame.top && box.bottom <= frame.bottom && !taken.some((other) => overlaps(box, other));
  };
  // Above all rows of the upright lines there is always room.
  const highest = Math.min(frame.bottom, ...taken.map(({ top }) => top));
  return places.find(isFree) ?? start(highest - DESCENT);
}

export const overlaps = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
