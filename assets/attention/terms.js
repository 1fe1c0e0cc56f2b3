/** Explains the words of the pane to a reader who has never seen attention. */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";

const READ_BEFORE = t(
  "To understand a token, the model also reads what stands before it. A weight from 0 to 1 says how much it reads from each token. " +
  "The weights of one token add up to 1. A token never looks at a later one.",
);
const READ_ALL = t(
  "To understand a token, the model also reads what stands before it and after it. A weight from 0 to 1 says how much it reads from " +
  "each token. The weights of one token add up to 1.",
);

/** @param {boolean} seesAll  whether a token also looks at those after it @returns {string[][]} */
const termsOf = (seesAll) => [
  [t("Token"), t("A model reads a text in small pieces: words, parts of words and signs. Each box above the map is one token.")],
  [t("Attention"), seesAll ? READ_ALL : READ_BEFORE],
  [t("Row"), t("One row of the map is one token that looks (the query).")],
  [t("Column"), t("One column is one token that is looked at (the key). The darker a cell (in the dark theme: the brighter), the larger its weight.")],
  [t("Head"), t("A head is one way of looking, with a map of its own. One head may look at the token before, another at the start of the text.")],
  [t("Layer"), t("The heads work in groups, one group after the other. Such a group is part of a layer, and each layer goes on from what the layer below found.")],
];

/** @param {boolean} seesAll  as for `termsOf` @returns {HTMLElement} a fold with the words */
export function terms(seesAll) {
  const list = make("dl", "pg-terms", ...termsOf(seesAll).flatMap(([name, meaning]) => [make("dt", "", name), make("dd", "", meaning)]));
  return make("details", "pg-details pg-attention-terms", make("summary", "", t("What are a row, a column, a head and a layer?")), list);
}
