/**
 * How lessons work with the views that look at a text inside of the model: the text is the page's prompt, and one of its tokens
 * may be chosen. They share the text, so that one view after the other shows the same.
 *
 * @typedef {import("../../inside/looking.js").Looking} Looking
 * @typedef {import("./table.js").LessonView} LessonView
 */

import { shownIn } from "../../common/shown.js";
import { asShown } from "../measures.js";
import { until } from "../../common/waiting.js";

/** @returns {Looking | null} what these views look at; null until one of them was open */
export const looking = () => shownIn("inside");

/** @type {LessonView} */
export const LOOKED = { bring, differing, keep, giveBack };

/** @param {import("../state.js").PageState} state @param {() => boolean} isOver */
export async function bring({ prompt, fields }, isOver) {
  await until(() => isOver() || looking() !== null);
  if (isOver()) return;
  if (prompt && !isText(prompt)) looking().open([prompt]);
  await until(() => isOver() || Boolean(looking()?.text || looking()?.error));
  if (isOver() || !looking().text) return; // the view says why
  if (fields.token) looking().turn(lastOf(looking().text.tokens, fields.token));
}

/** @param {import("../state.js").PageState} state @returns {string[]} what of it is not in view */
export function differing({ prompt, fields }) {
  const now = looking();
  if (!now?.text || (prompt && !isText(prompt))) return ["prompt"];
  return fields.token && now.query !== lastOf(now.text.tokens, fields.token) ? ["token"] : [];
}

function isText(prompt) {
  const { written } = looking();
  return written.length === 1 && written[0] === prompt;
}

/** @param {readonly string[]} tokens  as they are shown @param {string} token  its text, with its space @returns {number} the place of the last one, -1 if there is none */
export const lastOf = (tokens, token) => tokens.lastIndexOf(asShown(token));

/** @returns {object | null} the reader's own choice of a text, null where no such view was open */
export function keep() {
  return looking() && { chosen: looking().source.chosen };
}

/** @param {any} kept  by `keep` */
export function giveBack(kept) {
  if (!kept.chosen || !looking()) return;
  looking().source.take(kept.chosen);
  looking().source.begin();
}
