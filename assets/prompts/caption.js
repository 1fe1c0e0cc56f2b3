/**
 * Says in plain words what the columns show: how far the prompts differ, what the model gives to the label words after
 * each, and how the answers begin. Knows no page.
 *
 * @typedef {object} Seen  what one column shows
 * @property {import("./kind_choice.js").Kind} kind
 * @property {{token: string, probability: number | null} | null} first  the first token of the answer and its probability
 *   under the settings in view, null while the server works it out; null without an answer
 * @property {import("./label_panel.js").LabelAnswer | null} labels  in the chosen spelling, null if they are not known
 */

import { count, listed, t } from "../common/language.js";
import { percent } from "../common/words.js";
import { ALL } from "./kind_choice.js";

/** @param {Seen[]} columns @returns {string} two or three sentences */
export function captionOf(columns) {
  const sentences = [asked(columns)];
  if (columns.every(({ labels }) => labels?.labels)) sentences.push(known(columns));
  if (columns.every(({ first }) => first)) sentences.push(begun(columns));
  else if (columns.every(({ first }) => !first)) sentences.push(t("After Run each column shows how the model goes on."));
  return sentences.join(" ");
}

/** In what the prompts differ. @param {Seen[]} columns */
function asked(columns) {
  if (columns.length === 1) return t("The column shows one prompt as the model reads it.");
  if (columns.some(({ kind }) => kind.free !== undefined)) return t("Each column gives the model another prompt.");
  const numbers = listed(columns.map(({ kind }) => (kind.shots === ALL ? t("all") : count(kind.shots))));
  return t("The columns ask the same after {numbers} examples.", { numbers });
}

/** What the label words have after each prompt. @param {Seen[]} columns */
function known(columns) {
  const shares = listed(columns.map(({ labels }) => percent(labels.share)));
  const best = columns.map(({ labels }) => preferred(labels));
  const labels = best.every((label) => label === best[0]) ? best[0] : listed(best);
  return t("The label words get {shares}; the model prefers {labels}.", { shares, labels });
}

/** @param {import("./label_panel.js").LabelAnswer} answer @returns {string} the label with the largest share: "“Positive”" */
function preferred({ labels, calibrated, prefers }) {
  const shares = calibrated ?? prefers;
  return t("“{text}”", { text: labels[shares.indexOf(Math.max(...shares))].label.trim() });
}

/** How the answers begin. @param {Seen[]} columns */
function begun(columns) {
  const tokens = columns.map(({ first: { token, probability } }) => {
    const quoted = t("‘{token}’", { token: token.replaceAll("·", " ") });
    return probability === null ? quoted : `${quoted} (${percent(probability)})`;
  });
  if (tokens.length === 1) return t("The answer begins with {token}.", { token: tokens[0] });
  return t("The answers begin with {tokens}.", { tokens: listed(tokens) });
}
