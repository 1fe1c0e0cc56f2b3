/**
 * Says where a line of tokens may break. A token shows a space as "·", so the browser finds no end of a word in it, and
 * breaks words inside. Does not know tokens, only their texts.
 */

import { make } from "./dom.js";

const WORD = /(?=·+[^·])(?<!·)/; // before the spaces in front of a word

/**
 * Returns chips with a place between words at which the line may break, but none inside a word of several tokens.
 *
 * @param {HTMLElement[]} chips  the elements of the tokens, in order
 * @returns {HTMLElement[]}
 */
export function breakable(chips) {
  return chips.flatMap((chip, place) => (place && isStart(chip.textContent) ? [make("wbr"), chip] : [chip]));
}

/** Returns a text with the same places in it. @param {string} text @returns {(HTMLElement | string)[]} */
export function breakableText(text) {
  return text.split(WORD).flatMap((word, place) => (place ? [make("wbr"), word] : [word]));
}

/** Returns whether a new word begins with a token. @param {string} text */
export const isStart = (text) => /^[·⏎\s]/u.test(text);
