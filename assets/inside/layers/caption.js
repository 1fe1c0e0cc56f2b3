/**
 * Says in plain words what the logit lens shows at the chosen position: what the model says there in the end, since which
 * layer, and what the chosen layer would say. Knows the pane's state, not the page.
 */

import { spaced } from "../in_words.js";
import { t } from "../../common/language.js";
import { percent } from "../../common/words.js";

/**
 * @param {import("./state.js").LayersState} state
 * @param {(id: number) => string} textOf  returns a token's text as the page shows it
 * @returns {string} two or three sentences, "" until the layers of the position are there
 */
export function captionOf({ text, query, column, layer }, textOf) {
  if (!text || !column) return "";
  const { layers } = column;
  return [inTheEnd(text, text.tokens[query], layers.at(-1).top[0], textOf), since(layers), chosen(layers, layer, textOf)].filter(Boolean).join(" ");
}

/** What the model itself says. */
function inTheEnd({ isOfEncoder }, token, [id, share], textOf) {
  const values = { token: spaced(token), word: spaced(textOf(id)), share: percent(share) };
  if (isOfEncoder) return t("In the place of ‘{token}’ the model’s own guess is ‘{word}’, with {share}.", values);
  return t("After ‘{token}’ the model’s own guess is ‘{word}’, with {share}.", values);
}

/** Since which layer the model's answer stands in the first place. @param {import("./reader.js").Layer[]} layers */
function since(layers) {
  const last = layers.length - 1;
  const from = layers.findLastIndex(({ rank_of_final: rank }) => rank > 1) + 1;
  if (from === 0) return t("The vector says so from the beginning, before any layer has run.");
  if (from >= last) return t("No earlier layer has that in the first place.");
  return t("That stands in the first place from layer {from} of {last} on.", { from, last });
}

/** What the chosen layer says, where it is not the last one. */
function chosen(layers, layer, textOf) {
  const { top, rank_of_final: rank } = layers[layer];
  const values = { layer, word: spaced(textOf(top[0][0])), share: percent(top[0][1]), rank };
  if (layer === layers.length - 1) return "";
  if (rank === 1) return t("If the model ended after layer {layer}, it would say the same, with {share}.", values);
  return t("If the model ended after layer {layer}, it would say ‘{word}’ with {share}; the final word has rank {rank} there.", values);
}
