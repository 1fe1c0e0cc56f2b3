/**
 * Says which views of the model a page to take home shall have: those that the reader has opened. The server records them
 * (`playground/web/inside/taken_home.py`).
 */

import { choice } from "../attention/choice.js";
import { t } from "../common/language.js";
import { viewName, viewsOpened } from "../common/navigation.js";
import { shownIn } from "../common/shown.js";

/** The views that a page can have, and whether the reader has opened each. @type {Record<string, () => boolean>} */
const VIEWS = {
  attention: () => choice().layer !== null, // a layer is chosen once attention is shown, here or in Decode
  layers: () => viewsOpened().includes("inside/layers"),
  why: () => viewsOpened().includes("inside/why"),
};

/** @param {"full" | "light"} kind  of the page; a whole one always has the attention @returns {string[]} the names of the views */
const viewsOf = (kind) => Object.keys(VIEWS).filter((view) => VIEWS[view]() || (kind === "full" && view === "attention"));

/** @param {"full" | "light"} kind @returns {string} what the page will have */
export function hintOf(kind) {
  const names = viewsOf(kind).map((view) => viewName(`inside/${view}`));
  const values = { views: names.join(", ") };
  if (!names.length) return t("The text with its sliders. Attention, Layers and Why of “Inside the model” come with it once you have opened them.");
  return kind === "full"
    ? t("The text with its sliders, with every number, and inside the model: {views}.", values)
    : t("The text with its sliders, and inside the model: {views}.", values);
}

/**
 * @param {"full" | "light"} kind
 * @param {import("../common/trace.js").Trace} trace  the text that is saved
 * @param {number} step  the index of the step in view
 * @returns {[name: string, value: string][]} what the page's address says of the views
 */
export function viewsAsked(kind, trace, step) {
  const { layer, head } = choice();
  const looking = shownIn("inside");
  const position = looking?.text?.traceId === trace.id ? looking.query : trace.header.prompt_ids.length + step - 1;
  const isThere = (shown) => shown?.traceId === trace.id && (shown.position ?? shown.query) === position;
  const [layers, why] = [shownIn("inside/layers"), shownIn("inside/why")];
  const asked = isThere(why) ? why.asked : [];
  return [
    ...Object.entries({ views: viewsOf(kind).join(","), step: String(step), position: String(position), layer: String(layer ?? ""), head: String(head) }),
    ...(isThere(layers) ? [/** @type {[string, string]} */ (["terms", layers.asked])] : []),
    ...asked.map((one) => /** @type {[string, string]} */ (["why", one])),
  ];
}
