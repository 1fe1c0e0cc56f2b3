/**
 * Makes the parts of a page of a lesson that only show something: a text, an open question, a note for the teacher, a task
 * that cannot be tried without a model.
 */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { RichText } from "./html.js";

/**
 * @typedef {object} Shown
 * @property {HTMLElement} element
 * @property {() => void} show  draws what follows what is in view
 */

/** @param {import("./state.js").TextPart} part @param {import("./live.js").Live} live @returns {Shown} */
export function textPart(part, live) {
  const text = new RichText(make("div", "pg-lesson-text"), part);
  return { element: text.element, show: () => text.show(live) };
}

/** @param {import("./state.js").AskPart} part @param {import("./live.js").Live} live @returns {Shown} */
export function askPart({ question, answer }, live) {
  const asked = new RichText(make("div", "pg-lesson-question"), question);
  const answered = answer && new RichText(make("div"), answer);
  const texts = answered ? [asked, answered] : [asked];
  const folds = answered ? [make("details", "pg-details", make("summary", "", t("Show an answer")), answered.element)] : [];
  const element = make("section", "pg-lesson-ask", make("p", "pg-lesson-kind", t("Think about it")), asked.element, ...folds);
  element.ariaLabel = t("Think about it");
  return { element, show: () => texts.forEach((text) => void text.show(live)) };
}

/** @param {import("./state.js").NotePart} part @param {import("./live.js").Live} live @returns {Shown} */
export function notePart(part, live) {
  const text = new RichText(make("div"), part);
  const element = make("section", "pg-lesson-note", make("p", "pg-lesson-kind", t("For the teacher")), text.element);
  element.ariaLabel = t("For the teacher");
  return { element, show: () => text.show(live) };
}

/** A task in a page that has no model. @param {import("./state.js").TryPart} part @param {import("./live.js").Live} live @returns {Shown} */
export function liveTask({ task }, live) {
  const text = new RichText(make("div", "pg-lesson-question"), task);
  const says = t("This task needs a model. The first line of this page says how to start one.");
  const element = make("section", "pg-lesson-try", make("p", "pg-lesson-kind", t("Try it")), text.element, make("p", "pg-task-said", says));
  element.ariaLabel = t("Try it");
  return { element, show: () => text.show(live) };
}
