/**
 * Says in plain words what the chips show: into how many tokens the text is cut, and what the chosen one is. Knows the
 * pane's state, not the page.
 */

import { spaced } from "../in_words.js";
import { t, tn } from "../../common/language.js";

/** @param {import("./state.js").State} state @returns {string} two or three sentences, "" while there are no tokens */
export function captionOf({ answer, chosen, word }) {
  const token = answer?.tokens[chosen];
  if (!token) return "";
  const { tokens, characters } = answer.counts;
  const cut = t("The tokeniser cuts {characters} into {tokens}, and the model reads only the id of each.", {
    characters: tn("{n} character", "{n} characters", characters),
    tokens: tn("{n} token", "{n} tokens", tokens),
  });
  const pieces = word && !token.isPutIn ? word.last - word.first + 1 : 1;
  const rare = tn("Its word is {n} token.", "Its word is in {n} tokens.", pieces);
  return [cut, chosenOne(token, chosen + 1), ...(pieces > 1 ? [rare] : [])].join(" ");
}

/** What the chosen token is. */
function chosenOne({ id, shown, isPutIn, special, leads }, number) {
  const values = { number, token: spaced(shown), id: String(id) };
  if (isPutIn) return t("Token {number} is ‘{token}’ with the id {id}: it is not in your text, the tokeniser puts it in.", values);
  if (special) return t("Token {number} is ‘{token}’ with the id {id}: a special token, which is a sign to the model and no word.", values);
  if (leads) return t("Token {number} is ‘{token}’ with the id {id}: the space at its beginning is a part of it.", values);
  return t("Token {number} is ‘{token}’ with the id {id}: there is no space at its beginning.", values);
}
