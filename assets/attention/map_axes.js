/**
 * Draws what stands around the cells of a map, in SVG: the names of the axes, the tokens beside the rows, and the tokens
 * over the columns. Where a column begins at the diagonal, its token stands there, in the empty half. Chooses how much room
 * all this takes. Knows neither weights nor the page.
 */

import { draw } from "../common/svg.js";

/** Lengths in the element's font size. */
const LINE = 1.3;
const GAP = 0.35;
const LETTERS = 12;
/** The largest part of the picture's width or height that the tokens on one side may take. */
const LARGEST_SHARE = 0.3;
const SLOPE = Math.SQRT1_2; // the columns' tokens rise by 45°

/**
 * @typedef {object} Margins  in pixels, around the cells
 * @property {number} top
 * @property {number} right
 * @property {number} bottom
 * @property {number} left
 */

export class MapAxes {
  /** @type {SVGElement[][]} the labels of the rows and of the columns, by token; a token without room has none */
  #labels = [[], []];
  #chosen = [-1, null];
  #pen = document.createElement("canvas").getContext("2d");

  constructor() {
    this.element = draw("svg", "pg-map-axes", { "aria-hidden": "true" });
  }

  /**
   * @param {number} width  of the picture, in pixels
   * @param {number} height
   * @param {import("./heat_map.js").Frame} frame
   * @returns {Margins}
   */
  show(width, height, { tokens, keyTokens, isCausal, row, column }) {
    const { fontSize, fontFamily } = getComputedStyle(this.element);
    const em = parseFloat(fontSize);
    this.#pen.font = `${fontSize} ${fontFamily}`;
    const lengths = [tokens, keyTokens].map((side) => side.map((text) => this.#pen.measureText(shortText(text)).width));
    const margins = this.#margins(width, height, em, lengths[0], lengths[1], isCausal);
    const { top, right, bottom, left } = margins;
    const [across, down] = [width - left - right, height - top - bottom];
    const [step, line] = [across / keyTokens.length, down / tokens.length];
    const label = (text, attributes) => draw("text", "pg-map-label", attributes, draw("title", "", {}, text), shortText(text));
    const fits = (room) => (_, index) => index % Math.ceil(em / room) === 0;
    this.#labels = [[], []];
    for (const [index, text] of tokens.entries()) {
      if (!fits(line)(text, index)) continue;
      this.#labels[0][index] = label(text, { x: left - GAP * em, y: top + (index + 0.5) * line, "text-anchor": "end", "dominant-baseline": "central" });
    }
    for (const [index, text] of keyTokens.entries()) {
      if (!fits(isCausal ? line : SLOPE * step)(text, index)) continue;
      const [x, y] = [left + (index + 0.5) * step, top + (isCausal ? index * line : 0) - (GAP * em) / 2];
      this.#labels[1][index] = label(text, { x, y, transform: `rotate(-45 ${x} ${y})` });
    }
    const half = this.#pen.measureText(row).width / 2; // a name that is longer than the rows stays in the picture
    const middle = Math.max(half, Math.min(top + down / 2, height - half));
    const names = [
      draw("text", "pg-map-axis", { x: left + across / 2, y: height - GAP * em, "text-anchor": "middle" }, column),
      draw("text", "pg-map-axis", { x: em, y: middle, transform: `rotate(-90 ${em} ${middle})`, "text-anchor": "middle" }, row),
    ];
    this.element.replaceChildren(...names, ...this.#labels.flat());
    this.choose(...this.#chosen);
    return margins;
  }

  /** Marks the tokens of the chosen row and column. @param {number} row @param {number | null} column */
  choose(row = -1, column = null) {
    this.#mark(false);
    this.#chosen = [row, column];
    this.#mark(true);
  }

  #mark(isOn) {
    for (const [axis, token] of this.#chosen.entries()) this.#labels[axis][token]?.classList.toggle("pg-map-chosen", isOn);
  }

  /** @param {number} em  the font size in pixels @param {number[]} rows  the lengths of the tokens @param {number[]} lengths  of the columns' @param {boolean} isCausal @returns {Margins} */
  #margins(width, height, em, rows, lengths, isCausal) {
    const [gap, line, last] = [GAP * em, LINE * em, lengths.length - 1];
    const left = Math.min(Math.max(...rows), LARGEST_SHARE * width) + line + gap;
    const bottom = line + gap;
    const [step, row] = [(width - left) / lengths.length, isCausal ? (height - bottom) / lengths.length : 0];
    /** Returns how far the columns' tokens stand out, each of which has `room` before the edge. */
    const beyond = (share, room) => Math.min(share, Math.max(gap, ...lengths.map((length, index) => SLOPE * (length + em) - room(index))));
    const top = beyond(LARGEST_SHARE * height, (index) => index * row);
    const right = beyond(LARGEST_SHARE * width, (index) => (last - index + 0.5) * step);
    return { top, right, bottom, left };
  }
}

/** Returns the beginning of a token, cut between whole characters. The whole one is the label's title. */
function shortText(text) {
  const all = Array.from(text);
  return all.length > LETTERS ? `${all.slice(0, LETTERS - 1).join("")}…` : text;
}
