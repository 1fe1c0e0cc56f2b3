/** What is said of a class's questions, draws and texts. Knows no page. */

import { fixed, t, tn } from "../common/language.js";
import { bits, listed, percent } from "../common/words.js";
import { quoted } from "../lesson/units.js";
import { countOf } from "./answered.js";

const MOST_NAMED = 3; // answers that are no token

/** @param {number} count @param {number} here  pupils whose page is open; one who has answered may be gone */
export const howManyAnswered = (count, here) => t("{count} of {here} have answered", { count, here: Math.max(count, here) });

/** As `howManyAnswered`. */
export const howManyDrew = (count, here) => t("{count} of {here} have drawn", { count, here: Math.max(count, here) });

/** @param {import("./score.js").Score} score @param {{entropy: number}} best */
export function scoreInWords({ bits: mean }, { entropy }) {
  if (mean === null) return t("No answer is a token of this model, so the class has no score.");
  return t("Surprisal of the class: {mean} · entropy of the model: {entropy}", { mean: bits(mean), entropy: bits(entropy) });
}

/** What the score means. @param {import("./score.js").Score} score @param {{least: number}} best @returns {string[]} */
export function meaningOfScore({ scored }, { least }) {
  if (!scored) return [];
  const answers = tn("{n} answer", "{n} answers", scored);
  return [
    t("The surprisal is the mean of −log₂ p over {answers}, where p is the model's own probability of the answer, at temperature 1 and with nothing cut.", { answers }),
    t("Answers that the model draws itself reach its entropy on average. A class that only gives the model's most probable token reaches {least}, which is the best.", { least: bits(least) }),
  ];
}

/** @param {import("./score.js").Score} score @returns {string[]} sentences about the answers that need one */
export function exceptions({ noTokens, impossible, cut }) {
  const lost = countOf(noTokens);
  const named = noTokens.slice(0, MOST_NAMED).map(({ text }) => quoted(text));
  const texts = listed(noTokens.length > MOST_NAMED ? [...named, "…"] : named);
  return [
    lost ? tn("{n} answer is no single token of this model and has no surprisal: {texts}.", "{n} answers are no single token of this model and have no surprisal: {texts}.", lost, { texts }) : "",
    impossible ? tn("{n} answer has no probability in the model at all and is not in the mean.", "{n} answers have no probability in the model at all and are not in the mean.", impossible) : "",
    cut ? tn("{n} answer is a token that the settings in view remove. It is in the mean all the same.", "{n} answers are tokens that the settings in view remove. They are in the mean all the same.", cut) : "",
  ].filter(Boolean);
}

/** @param {import("./answered.js").Result[]} results  choices @param {string} answer  the right one */
export function rightInWords(results, answer) {
  const right = countOf(results.filter((result) => result.answer === answer));
  return t("{right} of {count} said: {answer}", { right, count: countOf(results), answer });
}

/** @param {import("./answered.js").Result[]} results  guesses, each by the lower end of its tenth @param {number | null} model  null if it is not known */
export function guessesInWords(results, model) {
  const count = countOf(results);
  if (!count) return model === null ? "" : t("The model's value is {share}.", { share: percent(model) });
  const middle = (/** @type {string | number} */ lower) => Number(lower) + 0.05;
  const mean = percent(results.reduce((sum, { answer, count }) => sum + count * middle(answer), 0) / count);
  if (model === null) return t("The guesses are about {mean} on average.", { mean });
  return t("The model's value is {share}. The guesses are about {mean} on average.", { share: percent(model), mean });
}

/**
 * The law of large numbers, for as many draws as there are.
 *
 * @param {number} draws @param {{text: string, probability: number}} token  the most probable one
 */
export function largeNumbers(draws, { text, probability }) {
  const points = 100 * Math.sqrt((probability * (1 - probability)) / draws);
  const values = { token: quoted(text), share: percent(probability), points: fixed(points, 1) };
  return tn(
    "The law of large numbers: the more draws, the nearer each share comes to its probability. With {n} draw, the share of {token}, whose probability is {share}, is typically {points} points off.",
    "The law of large numbers: the more draws, the nearer each share comes to its probability. With {n} draws, the share of {token}, whose probability is {share}, is typically {points} points off.",
    draws,
    values,
  );
}

/** @param {import("./room.js").Question["kind"]} kind @param {any} answer */
export function writtenAnswer(kind, answer) {
  if (kind === "bar") return percent(Number(answer));
  return kind === "token" ? quoted(String(answer)) : String(answer);
}

/** @param {number} lower  the lower end of a tenth of 1 @returns {string} "30 to 40 %" */
export const writtenTenth = (lower) => t("{from} to {to} %", { from: Math.round(100 * lower), to: Math.round(100 * lower) + 10 });
