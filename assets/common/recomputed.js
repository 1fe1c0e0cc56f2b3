/**
 * Records which rows may differ slightly from those that chose a token: rows of logits, and rows of attention weights.
 * The server had dropped them and computed them again in a dtype that rounds. Knows neither the server nor the page.
 */

import { t } from "./language.js";

const dtypes = new WeakMap(); // by the row

/**
 * @template {object} Row
 * @param {Row} row
 * @param {Response} answer  the answer that the row came in; a header names the dtype if the row was computed again
 * @returns {Row} the same row
 */
export function markRecomputed(row, answer) {
  const dtype = answer.headers.get("X-Recomputed");
  if (dtype) dtypes.set(row, dtype);
  return row;
}

/** @param {object | null} row @returns {string} a sentence for a row that was computed again, or "" for one that is exact */
export function recomputedSentence(row) {
  const dtype = row && dtypes.get(row);
  return dtype ? t("This row was computed again in {dtype} and may differ slightly from the one that chose the token.", { dtype }) : "";
}
