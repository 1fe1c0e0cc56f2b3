/**
 * Says in plain words what the cells show of the way to know the order, and what another order of the words does to the next
 * token. Knows the pane's state, not the page.
 */

import { spaced, times } from "../in_words.js";
import { fixed, t } from "../../common/language.js";
import { percent } from "../../common/words.js";

const FAR = 16; // tokens

/**
 * @param {import("./state.js").PositionsState} state
 * @param {import("./ways.js").Cells | null} cells  those that are drawn
 * @param {(id: number) => string} textOf  returns a token's text as the page shows it
 * @param {boolean} [isMasked]  whether the experiment is about what stands in the token's own place
 * @returns {string} one to three sentences
 */
export const captionOf = (state, cells, textOf, isMasked = false) => [cells ? drawn(state, cells) : "", moved(state, textOf, isMasked)].filter(Boolean).join(" ");

/** What a row of the cells is. */
function drawn({ way, positions }, { values, rowNames }) {
  const last = rowNames.length - 1;
  if (way === "sinusoidal") return t("Each row is the vector that one position adds: columns on the left change from row to row, those on the right hardly at all.");
  if (way === "learned") {
    const [here, there] = [fixed(values[0][1], 2), fixed(values[0][last], 2)];
    return t("Each cell compares the vectors of two positions: those of {first} and {second} have the cosine {near}, those of {first} and {last} {far}.", { first: rowNames[0], second: rowNames[1], last: rowNames[last], near: here, far: there });
  }
  if (way === "rotary") {
    const { kind, turning } = positions;
    const [first] = kind === "rotary" ? turning[0].frequencies : [1];
    return t("Each row is a position and each column a pair of numbers that turns: pair 0 is once around after {turn} positions, pairs farther right turn more slowly.", { turn: fixed((2 * Math.PI) / first, 1) });
  }
  const head = { last };
  if (way === "alibi") return t("Each row is a head: {far} tokens away, head 0 leaves {first} of a weight and head {last} {other}.", { ...head, far: FAR, first: percent(values[0][FAR]), other: percent(values[last][FAR]) });
  const strongest = values.flatMap((row, at) => row.map((value, column) => ({ value, at, column }))).reduce((most, one) => (Math.abs(one.value) > Math.abs(most.value) ? one : most));
  return t("Each row is a head: head {head} changes a score most, which multiplies a weight by {times}.", { head: rowNames[strongest.at], times: times(Math.exp(strongest.value)) });
}

/** What the same words in another order do to the most probable token. */
function moved({ experiment, text, query }, textOf, isMasked) {
  if (!experiment || !text) return "";
  const { token_ids: ids, moved_ids: others, tokens, runs } = experiment;
  if (ids.every((id, place) => id === others[place])) return "";
  const best = tokens.reduce((top, one) => (one.probabilities[0] > top.probabilities[0] ? one : top));
  const [share, after, without] = best.probabilities.map(percent);
  const values = { token: spaced(text.tokens[query]), word: spaced(textOf(best.token_id)), share, after, without };
  if (runs.length > 2 && isMasked) return t("In the place of ‘{token}’ the model gives {share} to ‘{word}’; with the same words in another order {after}, and without positions {without}.", values);
  if (runs.length > 2) return t("After ‘{token}’ the model gives {share} to ‘{word}’; with the same words in another order {after}, and without positions {without}.", values);
  if (isMasked) return t("In the place of ‘{token}’ the model gives {share} to ‘{word}’, and with the same words in another order {after}.", values);
  return t("After ‘{token}’ the model gives {share} to ‘{word}’, and with the same words in another order {after}.", values);
}
