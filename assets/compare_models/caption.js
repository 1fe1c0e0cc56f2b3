/**
 * Says in plain words what the columns show at the step in view: which token each model finds most probable, and which
 * one its text has. Knows no page.
 *
 * @typedef {object} Seen  what a column shows at the step in view
 * @property {string} best  its most probable token under the settings in view
 * @property {number} probability  of that one
 * @property {string} written  the token of its text
 */

import { listed, t } from "../common/language.js";
import { percent } from "../common/words.js";

/**
 * @param {number} step  from 1
 * @param {(Seen | null)[]} columns  null for a column that shows no such step, or not yet
 * @returns {string} one to three sentences
 */
export function captionOf(step, columns) {
  const about = t("Each column is the text of another model from the same prompt.");
  const told = columns.flatMap((seen, place) => (seen ? [{ ...seen, number: place + 1 }] : []));
  if (told.length < 2) return about;
  const isAll = told.length === columns.length;
  return [about, expected(step, told, isAll), written(told, isAll)].join(" ");
}

/** What the models find most probable. */
function expected(step, told, isAll) {
  if (isAll && areSame(told.map(({ best }) => best))) {
    const shares = listed(told.map(({ probability }) => percent(probability)));
    return t("At step {step} all of them find {token} most probable, with {shares}.", { step, token: quoted(told[0].best), shares });
  }
  const tokens = listed(told.map(({ number, best, probability }) => `${quoted(best)} (${number}: ${percent(probability)})`));
  return t("At step {step} they find most probable: {tokens}.", { step, tokens });
}

/** What the texts have there. */
function written(told, isAll) {
  if (isAll && areSame(told.map((one) => one.written))) return t("All texts have {token} there.", { token: quoted(told[0].written) });
  const tokens = listed(told.map((one) => `${quoted(one.written)} (${one.number})`));
  return t("The texts have {tokens} there.", { tokens });
}

const areSame = (tokens) => tokens.every((token) => token === tokens[0]);
const quoted = (token) => t("‘{token}’", { token: token.replaceAll("·", " ") });
