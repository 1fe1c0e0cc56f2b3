/** Computes what stands in the row of tokens: what the model reads, what stands there in its output, and the colours. */

import { SHADINGS } from "../common/shading.js";
import { t } from "../common/language.js";
import { percent } from "../common/words.js";
import { placeName } from "./words.js";

const COLOURS = 7; // of labels; the label O, "no entity", has none
const OUTSIDE = "O";
const OPEN = "▁";
/** How a word came into a blank. @type {Record<import("./state.js").How, string>} */
const HOWS = { "most probable": t("most probable"), drawn: t("drawn"), chosen: t("chosen") };

/**
 * @param {import("./state.js").State} state  with a text
 * @param {object} known
 * @param {(id: number) => string} known.textOf
 * @param {(place: number) => number | undefined} known.bestOf  the most probable token of a blank, once it is known
 * @param {import("./state.js").Bars[]} [known.labels]  of each token
 * @param {(number | null)[]} [known.logprobs]  the score of each token
 * @param {string} [known.shading]  the name of the number that the colours show
 * @returns {import("./token_row.js").Cell[]}
 */
export function cellsOf(state, { textOf, bestOf, labels, logprobs, shading }) {
  const { read, blanks } = state;
  const numbers = labelNumbers(labels);
  return read.ids.map((id, place) => {
    if (labels) return labelledCell(textOf(id), place, labels[place], read.special.includes(place) ? "special" : "text", numbers);
    if (blanks.includes(place)) return blankCell(state, place, textOf, bestOf, logprobs?.[place], shading);
    const kind = /** @type {"special" | "text"} */ (read.special.includes(place) ? "special" : "text");
    return { reads: textOf(id), out: textOf(id), kind, ...told(textOf(id), place, logprobs?.[place], shading) };
  });
}

/** @returns {import("./token_row.js").Cell} */
function blankCell(state, place, textOf, bestOf, logprob, shading) {
  const { read } = state;
  const put = state.putAt(place);
  const best = bestOf(place);
  const number = state.blanks.indexOf(place) + 1;
  const was = state.isMasked(place) ? textOf(read.ids[place]) : null;
  if (put) {
    const values = { number, was: was ?? "", word: textOf(put.id), how: HOWS[put.how] };
    const what = was === null ? t("blank {number}: {word}, {how}", values) : t("blank {number}, in place of {was}: {word}, {how}", values);
    return { reads: textOf(put.id), out: textOf(put.id), kind: "filled", ...told(what, place, logprob, shading) };
  }
  const guess = best === undefined ? OPEN : `${textOf(best)}?`;
  return { reads: read.mask_token, out: guess, kind: "blank", said: emptyBlank(number, was, best === undefined ? null : textOf(best)) };
}

/** @param {number} number @param {string | null} was  the token that is masked, if any @param {string | null} best  once it is known */
function emptyBlank(number, was, best) {
  const values = { number, was: was ?? "", best: best ?? "" };
  if (was === null) return best === null ? t("blank {number}, empty", values) : t("blank {number}, empty; the most probable word is {best}", values);
  if (best === null) return t("blank {number}, in place of {was}, empty", values);
  return t("blank {number}, in place of {was}, empty; the most probable word is {best}", values);
}

/** @returns {{said: string, shade?: number}} */
function told(what, place, logprob, shading) {
  if (logprob === undefined || logprob === null || !shading) return { said: t("{what}, {place}", { what, place: placeName(place) }) };
  const step = stepOf(logprob);
  const facts = [SHADINGS.probability, SHADINGS.surprisal].map(({ words }) => words(step));
  return { said: [what, placeName(place), ...facts].join(", "), shade: SHADINGS[shading].shade(step) };
}

/** Returns a score as the step that the shadings take. */
function stepOf(logprob) {
  const probability = Math.exp(logprob);
  return /** @type {any} */ ({ probability, raw_probability: probability });
}

/** @returns {import("./token_row.js").Cell} */
function labelledCell(text, place, bars, kind, numbers) {
  const [{ label, probability }] = bars;
  return { reads: text, out: label, kind, label: numbers.get(label), said: t("{token}, {place}: {label}, {share}", { token: text, place: placeName(place), label, share: percent(probability) }) };
}

/**
 * Returns the colour of each label, by its number. What is no entity has none.
 *
 * @param {import("./state.js").Bars[]} [tokens]
 * @returns {Map<string, number>}
 */
export function labelNumbers(tokens) {
  const names = (tokens?.[0] ?? []).map(({ label }) => label).filter((label) => label !== OUTSIDE).sort();
  return new Map(names.map((label, place) => [label, place % COLOURS]));
}

/** @param {import("./state.js").State} state @param {(id: number) => string} textOf @returns {string} the title of the bars of a token's labels */
export const tokenTitle = ({ read, selected }, textOf) =>
  read && selected !== null ? t("Labels of {place}: {token}", { place: placeName(selected), token: textOf(read.ids[selected]) }) : "";
