/** Puts the parts of the Decode tab into one element, in the order in which they are read. Knows their elements only. */

import { make } from "../common/dom.js";
import { byFace } from "../common/face.js";
import { t } from "../common/language.js";
import { isAlone } from "../common/recorded.js";

/** What to do while there is no text. */
const EMPTY = {
  simple: t("Write a prompt and press Write the next word. Each token appears here, and below it the candidates for its place."),
  everything: t("Write a prompt and press Generate. Each token appears here, and below it the candidates for its place."),
};

/**
 * @param {import("./tab.js").DecodeTab} tab  with all its parts
 * @returns {{element: HTMLElement, whenEmpty: HTMLElement, ofText: HTMLElement[]}} the whole, what is shown without a
 *   text, and what is shown with one
 */
export function layOut({ notice, status, strip, replay, textbook, attention, spoken, branching, lines, takeaway, watermark, step }) {
  if (!isAlone) step.view.below.append(branching.continuation.element); // it needs a model
  const { line, buttons } = branching.list;
  const served = isAlone ? [] : [line, buttons]; // they need a model
  const tools = make("div", "pg-tools", ...served, lines.toggle, takeaway.element);
  const left = make("span", "pg-replay", ...replay.controls, textbook.element, ...strip.signs, strip.reasoning.button);
  const reading = make("div", "pg-reading", left, strip.key, attention.element, spoken.element);
  const whenEmpty = make("p", "pg-empty", ...byFace(EMPTY.simple, EMPTY.everything));
  const below = [reading, tools, branching.element];
  const ofText = [status.element, strip.element, ...below];
  const element = make("div", "pg-root", notice.element, whenEmpty, status.element, strip.element, watermark.element, ...below, lines.element, step.view.element);
  if (!isAlone) element.append(takeaway.paste.element);
  return { element, whenEmpty, ofText };
}
