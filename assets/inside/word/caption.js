/**
 * Says in plain words what the table from logits to probabilities shows: the largest score, how far behind the next one is,
 * and what the settings make of it. Knows the pane's state, not the page.
 */

import { spaced, times } from "../in_words.js";
import { t } from "../../common/language.js";
import { logitText, percent } from "../../common/words.js";

const SAME = 0.005; // a logit: two decimals are shown

/**
 * @param {import("./state.js").WordState} state
 * @param {(id: number) => string} textOf  returns a token's text as the page shows it
 * @returns {string} two or three sentences, "" until the logits are there
 */
export function captionOf({ row, shape }, textOf) {
  if (!row || !shape) return "";
  const [best, next] = row.order;
  const [token, share] = [spaced(textOf(best)), percent(shape.rawProbability(best))];
  const largest = t("The model gives a score, the logit, to each of {size} tokens: the largest, {logit}, goes to ‘{token}’, and the softmax makes {share} of it.", {
    size: row.order.length, logit: logitText(row.scores[0]), token, share,
  });
  return [largest, behind(row, shape, spaced(textOf(next))), settled(shape, best, token, share)].filter(Boolean).join(" ");
}

/** How far the second token is behind the first. */
function behind({ order, scores }, shape, token) {
  const gap = scores[0] - scores[1];
  if (!Number.isFinite(gap)) return "";
  if (gap < SAME) return t("‘{token}’ has the same score, and the same probability.", { token });
  return t("‘{token}’ has {gap} less, which makes it {times} times less probable: {share}.", {
    token, gap: logitText(gap), times: times(Math.exp(gap)), share: percent(shape.rawProbability(order[1])),
  });
}

/** What the settings make of the most probable token, where they change it. */
function settled(shape, id, token, share) {
  const now = percent(shape.probability(id));
  if (now === share) return t("The settings leave that as it is.");
  if (shape.removedBy(id)) return t("The settings remove ‘{token}’.", { token });
  return t("With the settings ‘{token}’ has {share}.", { token, share: now });
}
