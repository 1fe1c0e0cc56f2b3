/**
 * Remembers what the playground showed before a lesson began, and brings it back when the lesson is closed. The browser
 * keeps it, so that a reload in the middle of a lesson loses nothing.
 *
 * @typedef {object} Before
 * @property {string} view
 * @property {import("../common/face.js").Face} face
 * @property {string} model
 * @property {{prompt: string, chat: boolean}} typed
 * @property {import("../common/controls.js").Values} controls
 * @property {number | null} length  the number of new tokens, which `controls` does not have
 * @property {{traceId: string, index: number} | null} place  the step in view, null if none was
 * @property {Record<string, any>} views  what the other views showed, by their ids (`views/table.js`)
 */

import { moveControls, moveSlider, promptInSidebar, sliderOf, typePrompt } from "../common/controls.js";
import { face, showFace } from "../common/face.js";
import { askToMove } from "../common/further_settings.js";
import { keep, kept } from "../common/keeping.js";
import { pageId, serverId } from "../common/known_texts.js";
import { isView, openedView, openView } from "../common/navigation.js";
import { isInView, shownOnDecode } from "../common/shown.js";
import { chosenModel, namesOfModels } from "../models/models.js";
import { giveBackViews, keepViews } from "./views/table.js";
import { until } from "../common/waiting.js";

const PART = "before-lesson";
const LENGTH = "max_new_tokens";

/** @returns {{view: string, face: import("../common/face.js").Face, model: string}} what a lesson changes first */
export const lookNow = () => ({ view: openedView(), face: face(), model: chosenModel() });

/** @param {ReturnType<typeof lookNow>} look @returns {Promise<Before>} what is there now, which is kept */
export async function rememberBefore(look) {
  const controls = await new Promise((resolve) =>
    moveControls((now) => {
      resolve(now);
      return {};
    }, askToMove),
  );
  const shown = shownOnDecode();
  const place = shown && !shown.trace.header.words ? { traceId: serverId(shown.trace.id), index: shown.step.index } : null;
  const { prompt, chat } = promptInSidebar();
  const before = { ...look, typed: { prompt, chat }, controls, length: lengthNow(), place, views: keepViews() };
  keep(PART, () => JSON.stringify(before));
  return before;
}

/** @returns {Before | null} what a lesson that a reload has interrupted has to bring back */
export function keptBefore() {
  const told = /** @type {any} */ (kept(PART));
  const isFit = isView(told?.view) && typeof told.typed?.prompt === "string" && namesOfModels().includes(told.model) && typeof told.controls === "object" && typeof told.views === "object";
  return isFit ? told : null;
}

/** Nothing is to be brought back any more. */
export const forgetBefore = () => keep(PART, () => "null");

/** Brings all of it back. @param {Before} before @param {() => boolean} isOver  whether another lesson has begun */
export async function bringBack({ view, face, model, typed, controls, length, place, views }, isOver) {
  forgetBefore();
  if (model !== chosenModel()) document.dispatchEvent(new CustomEvent("playground:choose", { detail: model }));
  typePrompt(typed);
  moveControls(() => controls, askToMove);
  if (length && lengthNow() !== null) moveSlider(LENGTH, length);
  showFace(face);
  openView(view);
  giveBackViews(views);
  if (!place || !shownOnDecode() || isShown(place)) return;
  document.dispatchEvent(new CustomEvent("playground:open", { detail: place }));
  await until(() => isOver() || isShown(place));
  if (!isOver()) moveControls(() => controls, askToMove); // the text has moved them to its own settings
}

/** @returns {number | null} null where there is no slider for it */
const lengthNow = () => (sliderOf(LENGTH) ? Number(sliderOf(LENGTH).value) : null);

function isShown({ traceId, index }) {
  const shown = shownOnDecode();
  return isInView(shown, pageId(traceId)) && shown.step.index === index;
}
