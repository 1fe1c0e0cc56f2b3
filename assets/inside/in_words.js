/** How the captions of the panes write tokens and factors. Knows nothing of the page. */

import { count, significant } from "../common/language.js";

/** A token's text in the middle of a sentence, with its spaces: "·cat" -> " cat". @param {string} token */
export const spaced = (token) => token.replaceAll("·", " ");

const ROUND = 100; // from which on a factor has no decimals

/** How many times one probability is in another: 2.718 -> "2.7", 1234.5 -> "1,235". @param {number} factor */
export const times = (factor) => (factor < ROUND ? significant(factor, 2) : count(Math.round(factor)));
