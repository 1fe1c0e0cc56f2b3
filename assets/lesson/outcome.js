/**
 * Compares a guess with what happened. Knows values, not the page.
 *
 * @typedef {object} Outcome
 * @property {string | number} guess
 * @property {number | null} off  in points of a percent, of a guessed share
 * @property {boolean | null} isRight  of a choice or a token
 * @property {string} says  one sentence
 * @property {string} mark  a sign for right and wrong, "" for a share
 */

import { fixed, t } from "../common/language.js";
import { percent } from "../common/words.js";
import { NOT_THERE, quoted } from "./units.js";

const RIGHT = "✓";
const WRONG = "✗";

/** @param {string} guess @param {string} answer @returns {Outcome} */
export function ofChoice(guess, answer) {
  const isRight = guess === answer;
  const says = isRight ? t("Right: {answer}", { answer }) : t("Not this time. You said: {guess} The answer is: {answer}", { guess, answer });
  return { guess, off: null, isRight, says, mark: isRight ? RIGHT : WRONG };
}

/** @param {number} guess @param {import("./tree.js").Value} actual  both shares @returns {Outcome} */
export function ofShare(guess, actual) {
  const isThere = typeof actual === "number";
  const off = isThere ? Math.abs(100 * (guess - actual)) : null;
  const model = isThere ? percent(actual) : NOT_THERE;
  const told = { guess: Math.round(100 * guess), model };
  const says = off === null ? t("You: {guess} %, model: {model}.", told) : t("You: {guess} %, model: {model}, {off} points off.", { ...told, off: fixed(off, 1) });
  return { guess, off, isRight: null, says, mark: "" };
}

/**
 * @param {string} guess  as it was typed: its space at the front may be missing
 * @param {import("./tree.js").Value} actual  the text of the model's token
 * @param {(token: string) => number | null} shareOf  the probability of a token, null for a text that is no token, and for
 *   every text where no shares are known
 * @returns {Outcome}
 */
export function ofToken(guess, actual, shareOf) {
  const answer = typeof actual === "string" ? actual : "";
  const isRight = guess === answer || (answer !== "" && guess.trim() === answer.trim());
  const token = isRight ? answer : tokenOf(guess, shareOf);
  const told = { guess: token === undefined ? quoted(guess) : withShare(token, shareOf), answer: withShare(answer, shareOf) };
  const isNoToken = token === undefined && shareOf(answer) !== null;
  const wrong = isNoToken ? t("Not this time. You: {guess}, which is no single token of this model. The model: {answer}.", told) : t("Not this time. You: {guess}. The model: {answer}.", told);
  return { guess, off: null, isRight, says: isRight ? t("Right: {answer}.", told) : wrong, mark: isRight ? RIGHT : WRONG };
}

/**
 * @param {string} typed  its space at the front may be missing
 * @param {(token: string) => number | null} shareOf  the probability of a token, null for a text that is no token
 * @returns {string | undefined} the token that is meant: of its spellings the most probable one, undefined if none is a token
 */
export function tokenOf(typed, shareOf) {
  const spellings = [` ${typed.trim()}`, typed, typed.trim()].filter((one) => shareOf(one) !== null);
  return spellings.reduce((best, one) => (best === undefined || shareOf(one) > shareOf(best) ? one : best), undefined);
}

function withShare(token, shareOf) {
  const share = shareOf(token);
  return share === null ? quoted(token) : t("{token} with {share}", { token: quoted(token), share: percent(share) });
}

/** @param {import("./record.js").Guess} guess @returns {string} what the record says of an earlier guess */
export function recalled({ guess, off, isRight }) {
  if (off !== null) return t("Your last guess: {guess} %, {off} points off.", { guess: Math.round(100 * Number(guess)), off: fixed(off, 1) });
  const told = { guess: quoted(String(guess)) };
  if (isRight === null) return t("Your last guess: {guess}.", told);
  return isRight ? t("Your last guess: {guess}. It was right.", told) : t("Your last guess: {guess}. It was not right.", told);
}
