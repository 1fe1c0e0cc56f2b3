/**
 * Says what is explained, and what the pane says about presets. Knows words and numbers, not the page.
 *
 * @typedef {object} Explained
 * @property {string} token  the one whose score is explained, or a label
 * @property {string | null} against  the one that it is compared with
 * @property {"log_probability" | "logit"} scale
 */

import { t } from "../../common/language.js";

/** What the scales are called in the list. */
export const SCALES = { log_probability: t("log-probability"), logit: t("logit") };

/** @type {Record<string, string>} what the pane says about presets, by their names */
export const NOTES = {
  "The token before": t("The chosen token is the second “the”. Which words made “book” likely after it?"),
  "Who has the book?": t("Which words does the model need to end the sentence after “book”? Compare the two methods."),
  "Which word comes from which?": t("The chosen token is “machine”. Which French words made “learning” likely after it?"),
  "What fills the blank?": t("The chosen token is the blank. Which word makes “Paris” likely there? Compare the methods, integrated gradients too."),
  "The token after": t("The chosen token is the second “the”. The model reads a mask in its place, so that words behind it count as well."),
  "What turns the label?": t("Which word makes the label negative? Explain the other label too, or this one rather than the other."),
  "Two opinions": t("The two halves speak for different labels. Which words win?"),
  "Two ends of a blank": t("The chosen token is the blank. Which words behind it say who taught?"),
  "His or her?": t("The chosen token is “loves”. Which words made “his” likely after it, rather than “her”?"),
};

/** @param {Explained} explained @returns {string} the title of the bars */
export function titleOf({ token, against, scale }) {
  if (against === null) {
    if (scale === "logit") return t("What each part added to the logit of “{token}”, in logits", { token });
    return t("What each part added to the log-probability of “{token}”, in nats", { token });
  }
  if (scale === "logit") return t("What each part added to the logit of “{token}” rather than “{rival}”, in logits", { token, rival: against });
  return t("What each part added to the log-probability of “{token}” rather than “{rival}”, in nats", { token, rival: against });
}

/** @param {Explained} explained @returns {string} what is explained: "the log-probability of “·book”" */
function scoreOf({ token, against, scale }) {
  if (against === null) return scale === "logit" ? t("the logit of “{token}”", { token }) : t("the log-probability of “{token}”", { token });
  if (scale === "logit") return t("the logit of “{token}” rather than “{rival}”", { token, rival: against });
  return t("the log-probability of “{token}” rather than “{rival}”", { token, rival: against });
}

/** @param {Explained} explained @param {string} place  where the token is explained @param {boolean} hasSource @returns {string} */
export function aboutOf(explained, place, hasSource) {
  const values = { score: scoreOf(explained), place };
  return hasSource
    ? t("Look at the coloured texts: which parts of the source, and of what is written so far, raised {score} {place}? Orange parts raised it, blue parts lowered it. Strong colours did most.", values)
    : t("Look at the coloured text: which parts of it raised {score} {place}? Orange parts raised it, blue parts lowered it. Strong colours did most.", values);
}

/**
 * @param {import("../text.js").Text} text @param {number} query
 * @param {string} task  of an encoder-only model
 * @returns {string} where the token is explained: "after “·the” (5)"
 */
export function placeIn(text, query, task) {
  const values = { token: text.tokens[query], number: query + 1 };
  if (!text.isOfEncoder) return t("after “{token}” ({number})", values);
  if (task === "text-classification") return t("for the whole text");
  if (task === "token-classification") return t("for “{token}” ({number})", values);
  return text.masks.includes(query) ? t("in the place of “{token}” ({number})", values) : t("in the place of “{token}” ({number}), which the model reads as its mask", values);
}

/** @param {string} number  as it is shown @param {string} unit @returns {string} "+1.25 nats" */
export const inUnit = (number, unit) => (unit === "nats" ? t("{number} nats", { number }) : t("{number} logits", { number }));

/** @param {string} unit @returns {string} the unit alone */
export const unitName = (unit) => (unit === "nats" ? t("nats") : t("logits"));
