/** Writes what the pane says. Knows words and numbers, not the page. */

import { degreesOf } from "./state.js";
import { count } from "../../common/words.js";

/** 0.58123 -> "0.581", with a true minus */
export const cosineText = (cosine) => cosine.toFixed(3).replace("-", "−");

/** @param {string} text */
export const quote = (text) => `“${text}”`;

/** @returns {string} what a matrix is called */
export const spaceName = (space) => `${space} embedding`;

/** @param {import("./reader.js").Facts} facts @returns {string[]} the matrices that differ */
export const spacesOf = ({ tied, widths }) => (tied ? ["input"] : Object.keys(widths));

/** @param {import("./state.js").State} state @returns {string} how the two chosen words lie to each other */
export function angleSentence(state) {
  const [one, other] = state.chosenPoints;
  if (!one) return "Choose two words, in the list or in the picture, to see the angle between their vectors.";
  if (!other) return `${quote(one.text)} is chosen. Choose a second word to see the angle between their vectors.`;
  const { cosine } = state;
  return `${quote(one.text)} and ${quote(other.text)}: the angle is ${degreesOf(cosine).toFixed(1)}°, and its cosine is ${cosineText(cosine)}.`;
}

/** @param {import("./state.js").State} state @returns {string} how much of the vectors the picture shows */
export function shownSentence({ told, isFlat }) {
  const shares = told.explained.slice(0, isFlat ? 2 : 3);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const each = shares.map((share) => `${(100 * share).toFixed(1)}\u00a0%`).join(" + ");
  return (
    `A vector has ${count(told.width)} numbers. The picture keeps the ${shares.length} directions along which these words differ most ` +
    `(principal components): ${each} = ${(100 * total).toFixed(1)}\u00a0% of their variance. The rest is not to be seen here, so look at the cosine for the true angle.`
  );
}

/** @param {{word: string, pieces: string[]}[]} leftOut @returns {string} why words have no point, "" if all have one */
export function leftOutSentence(leftOut) {
  if (!leftOut.length) return "";
  const told = leftOut.slice(0, 4).map(({ word, pieces }) => `${quote(word)} is ${pieces.length ? `${pieces.length} tokens (${pieces.slice(0, 8).join(" ")})` : "not in the vocabulary"}`);
  const more = leftOut.length > 4 ? `, and ${leftOut.length - 4} more words are no single token either` : "";
  return `Left out, because only a single token has a vector: ${told.join("; ")}${more}.`;
}

/** @param {import("./reader.js").Facts} facts @returns {string} how the two matrices of the model belong together */
export function tiedSentence({ tied, tokens, widths }) {
  const size = (space) => `${count(tokens)} × ${count(widths[space])}`;
  if (tied) {
    return `This model uses one matrix (${size("input")}) at both ends: it turns token ids into vectors, and the last vector into logits. So input and output embedding are the same here.`;
  }
  if (widths.output === undefined) {
    return `The input embedding (${size("input")}) turns token ids into vectors. The head of this model gives labels, so that there is no output embedding.`;
  }
  return `This model has two matrices: the input embedding (${size("input")}) turns token ids into vectors, the output embedding (${size("output")}) turns the last vector into logits.`;
}
