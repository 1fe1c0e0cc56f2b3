/**
 * Says in plain words what the bars show: which part of the text helped the token most, and which stood in its way. It
 * tells the first method that has answered. Knows the pane's state, not the page.
 *
 * @typedef {object} Told
 * @property {import("./methods.js").MethodId} id  of the method
 * @property {number[]} scores  one for each part
 * @property {string[]} parts  as they are shown
 * @property {string} token  the one that is explained
 * @property {string | null} against  the one that it is compared with
 * @property {"log_probability" | "logit"} scale
 */

import { topOf } from "./agreement.js";
import { methodOf } from "./methods.js";
import { spaced, times } from "../in_words.js";
import { fixed, t } from "../../common/language.js";

const NOTHING = 0.005; // of a score: two decimals are shown

/** @param {Told} told @returns {string} two sentences */
export function captionOf(told) {
  const { scores } = told;
  const [most, least] = [topOf(scores), topOf(scores.map((score) => -score))];
  if (scores[most] < NOTHING && scores[least] > -NOTHING) return t("By this measure no part of the text did anything for ‘{token}’.", { token: spaced(told.token) });
  return [helped(told, most), hindered(told, least)].join(" ");
}

const valuesOf = ({ id, scores, parts, token, against }, place) => ({
  method: methodOf(id).shown, part: spaced(parts[place]), token: spaced(token), rival: against === null ? "" : spaced(against), by: fixed(Math.abs(scores[place]), 2),
});

/** Which part helped most. Only to leave a part out says how probable the token is without it. */
function helped(told, place) {
  const { id, scores, against, scale } = told;
  const values = valuesOf(told, place);
  if (scores[place] < NOTHING) return t("{method} finds no part of the text that helped ‘{token}’.", values);
  if (against !== null) return t("{method} says that ‘{part}’ did most for ‘{token}’ rather than ‘{rival}’: {by}.", values);
  if (scale === "logit") return t("{method} says that ‘{part}’ raised the logit of ‘{token}’ most, by {by}.", values);
  if (id !== "leave_one_out") return t("{method} says that ‘{part}’ raised the log-probability of ‘{token}’ most, by {by} nats.", values);
  return t("‘{part}’ helped most: without it ‘{token}’ would be {times} times less probable.", { ...values, times: times(Math.exp(scores[place])) });
}

/** Which part stood in the way most. */
function hindered(told, place) {
  const { id, scores, against, scale } = told;
  const values = valuesOf(told, place);
  if (scores[place] > -NOTHING) return t("No part stood in its way.");
  if (against !== null || scale === "logit" || id !== "leave_one_out") return t("‘{part}’ stood in its way most: −{by}.", values);
  return t("‘{part}’ stood in its way most: without it the token would be {times} times more probable.", { ...values, times: times(Math.exp(-scores[place])) });
}
