/** Writes what the pane says. Knows words and numbers, not the page. */

import { degreesOf } from "./state.js";
import { fixed, t, tn } from "../../common/language.js";
import { count } from "../../common/words.js";

/** 0.58123 -> "0.581", with a true minus */
export const cosineText = (cosine) => fixed(cosine, 3).replace("-", "−");

/** 0.251 -> "25.1 %", which is not broken into two lines @param {number} share */
const inPercent = (share) => `${fixed(100 * share, 1)}\u00a0%`;

/** @returns {string} what a matrix is called */
export const spaceName = (space) => (space === "input" ? t("input embedding") : t("output embedding"));

/** @param {import("./reader.js").Facts} facts @returns {string[]} the matrices that differ */
export const spacesOf = ({ tied, widths }) => (tied ? ["input"] : Object.keys(widths));

/** @param {import("./state.js").State} state @returns {string} how the two chosen words lie to each other */
export function angleSentence(state) {
  const [one, other] = state.chosenPoints;
  if (!one) return t("Choose two words, in the list or in the picture, to see the angle between their vectors.");
  if (!other) return t("“{word}” is chosen. Choose a second word to see the angle between their vectors.", { word: one.text });
  const { cosine } = state;
  return t("“{one}” and “{other}”: the angle is {angle}°, and its cosine is {cosine}.", {
    one: one.text, other: other.text, angle: fixed(degreesOf(cosine), 1), cosine: cosineText(cosine),
  });
}

/** @param {import("./state.js").State} state @returns {string} how much of the vectors the picture shows */
export function shownSentence({ told, isFlat }) {
  const shares = told.explained.slice(0, isFlat ? 2 : 3);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const each = shares.map((share) => inPercent(share)).join(" + ");
  return t(
    "A vector has {width} numbers. The picture keeps the {kept} directions along which these words differ most (principal components): " +
      "{each} = {total} of their variance. The rest is not to be seen here, so look at the cosine for the true angle.",
    { width: told.width, kept: shares.length, each, total: inPercent(total) },
  );
}

/** @param {{word: string, pieces: string[]}[]} leftOut @returns {string} why words have no point, "" if all have one */
export function leftOutSentence(leftOut) {
  if (!leftOut.length) return "";
  const told = leftOut.slice(0, 4).map(({ word, pieces }) =>
    pieces.length
      ? tn("“{word}” is {n} token ({pieces})", "“{word}” is {n} tokens ({pieces})", pieces.length, { word, pieces: pieces.slice(0, 8).join(" ") })
      : t("“{word}” is not in the vocabulary", { word }),
  );
  const words = told.join("; ");
  const more = leftOut.length - told.length;
  if (more <= 0) return t("Left out, because only a single token has a vector: {words}.", { words });
  return tn(
    "Left out, because only a single token has a vector: {words}, and {n} more word is no single token either.",
    "Left out, because only a single token has a vector: {words}, and {n} more words are no single token either.",
    more,
    { words },
  );
}

/** @param {import("./reader.js").Facts} facts @returns {string} how the two matrices of the model belong together */
export function tiedSentence({ tied, tokens, widths }) {
  const size = (space) => `${count(tokens)} × ${count(widths[space])}`;
  if (tied) {
    return t("This model uses one matrix ({size}) at both ends: it turns token ids into vectors, and the last vector into logits. So input and output embedding are the same here.", { size: size("input") });
  }
  if (widths.output === undefined) {
    return t("The input embedding ({size}) turns token ids into vectors. The head of this model gives labels, so that there is no output embedding.", { size: size("input") });
  }
  return t("This model has two matrices: the input embedding ({input}) turns token ids into vectors, the output embedding ({output}) turns the last vector into logits.", {
    input: size("input"), output: size("output"),
  });
}
