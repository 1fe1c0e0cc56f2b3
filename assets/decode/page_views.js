/**
 * Says which views of the model a page to take home shall have: those that the reader has opened. The server records them
 * (`playground/web/inside/taken_home.py`).
 */

import { choice } from "../attention/choice.js";
import { t } from "../common/language.js";
import { viewName } from "../common/navigation.js";

const ATTENTION = "attention";

/** @param {"full" | "light"} kind  of the page; a whole one always has the attention @returns {string[]} the names of the views */
const viewsOf = (kind) => (kind === "full" || choice().layer !== null ? [ATTENTION] : []); // a layer is chosen once attention is shown

/** @param {"full" | "light"} kind @returns {string} what the page will have */
export function hintOf(kind) {
  const names = viewsOf(kind).map((view) => viewName(`inside/${view}`));
  const values = { views: names.join(", ") };
  if (!names.length) return t("The text with its sliders. A view of “Inside the model” that you have opened comes with it.");
  return kind === "full"
    ? t("The text with its sliders, with every number, and inside the model: {views}.", values)
    : t("The text with its sliders, and inside the model: {views}.", values);
}

/** @param {"full" | "light"} kind @param {number} step  the index of the step in view @returns {Record<string, string>} what the page's address says of them */
export function viewsAsked(kind, step) {
  const { layer, head } = choice();
  return { views: viewsOf(kind).join(","), step: String(step), layer: String(layer ?? ""), head: String(head) };
}
