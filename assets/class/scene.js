/**
 * What the page of whoever leads a class shows, as a scene: reads it from this page, and brings it about on a page that follows.
 * Bringing it about asks the server for rows and lessons alone, writes no text, and leaves the focus where it is. Knows the page, not
 * the class.
 *
 * @typedef {import("./room.js").Scene} Scene
 */

import { bringFields, fieldsNow } from "./fields.js";
import { changeSettings, promptField, promptInSidebar, settingsInSidebar } from "../common/controls.js";
import { face, showFace } from "../common/face.js";
import { STARTS } from "../common/further_settings.js";
import { hideForGuess, isHiddenHere } from "../common/guessing.js";
import { pageId } from "../common/known_texts.js";
import { t } from "../common/language.js";
import { lessonAsked } from "../common/lesson_address.js";
import { followView, openedView } from "../common/navigation.js";
import { known } from "../common/server.js";
import { isInView, shownOnDecode } from "../common/shown.js";
import { lookAgain, until, untilTold } from "../common/waiting.js";
import { usable } from "../distribution/settings.js";
import { chosenFacts, chosenModel, namesOfModels } from "../models/models.js";

const DECODE = "decode";
const OF_FILE = t("The text in view comes from a file, so the class does not see it.");

/** The scene that this page shows; null if what it shows is its own. @type {Scene | null} */
let latest = null;
/** What stood in the sidebar before its prompt was shown. @type {import("../chat/conversation.js").Written | null} */
let stood = null;

/** @returns {Promise<Scene>} what this page shows; its text is made known to the server again if the server has forgotten it */
export async function sceneNow() {
  const shown = textOnDecode();
  return {
    view: openedView(),
    face: face(),
    model: chosenModel(),
    settings: settingsNow(),
    lesson: lessonNow(),
    prompt: promptInSidebar().prompt,
    guess: isHiddenHere(),
    fields: fieldsNow(),
    trace: shown && (await known(shown.trace.id)),
    index: shown && !shown.isNewest ? shown.step.index : null, // null for the newest step, whichever it is
  };
}

/** What the Decode tab shows, if the server can have it too: a text from a file is on this page alone. */
function textOnDecode() {
  const shown = shownOnDecode();
  return shown && !shown.trace.header.words ? shown : null;
}

/** @returns {string} what the class does not see of this page, "" for nothing */
export const noteOfScene = () => (openedView() === DECODE && shownOnDecode()?.trace.header.words ? OF_FILE : "");

function settingsNow() {
  const shown = openedView() === DECODE ? textOnDecode() : null;
  return ofStages(shown?.settings ?? settingsInSidebar());
}

/** @returns {Record<string, any>} those that a reader can set of a step, where a control can hold them */
function ofStages(settings) {
  const isOurs = (name) => name === "strategy" || name in STARTS;
  return Object.fromEntries(Object.entries(usable(settings)).filter(([name]) => isOurs(name)));
}

function lessonNow() {
  const asked = lessonAsked();
  return asked && { name: asked.name, page: asked.page ?? 0 };
}

/**
 * Brings a scene about on this page, as far as it differs from it.
 *
 * @param {Scene} scene
 * @param {() => boolean} isOver  whether another scene is wanted meanwhile
 */
export async function applyScene(scene, isOver) {
  latest = scene;
  await useModel(scene.model, isOver);
  if (isOver()) return;
  hideForGuess("class", scene.guess === true);
  if (scene.face) showFace(scene.face);
  const isOther = await bringText(scene, isOver);
  if (isOver()) return;
  followView(scene.view);
  if (scene.settings) bringSettings(scene.settings, isOther);
  showPrompt(scene.prompt);
  await bringLesson(scene.lesson);
  bringFields(scene.fields ?? null, () => latest !== scene); // which may have to wait for the view
}

/** Turns the text in view to the scene's step, once both are there. @param {Scene} scene */
async function turnToStep(scene) {
  const stepOf = ({ trace }) => scene.index ?? trace.last; // the newest one where none is named
  const inView = () => (shownOnDecode() && isInView(shownOnDecode(), pageId(scene.trace)) ? shownOnDecode() : null);
  await until(() => latest !== scene || inView()?.trace.step(stepOf(inView())) !== undefined);
  if (latest !== scene) return;
  const shown = inView();
  const isThere = shown.isNewest ? scene.index === null : shown.wanted.index === stepOf(shown) && !(scene.index === null && shown.trace.isRunning);
  if (!isThere) document.dispatchEvent(new CustomEvent("playground:turn", { detail: stepOf(shown) }));
}

/** The page leaves the class, or leads it: what it shows is its own. */
export function endScene() {
  latest = null;
  hideForGuess("class", false);
  const field = promptField();
  if (!field?.readOnly) return;
  field.readOnly = false;
  field.dispatchEvent(new Event("input", { bubbles: true })); // Gradio takes what is shown
  const isOfReader = stood.prompt !== "" && ![field.value, chosenFacts()?.example].includes(stood.prompt);
  if (isOfReader) document.dispatchEvent(new CustomEvent("playground:replaced", { detail: stood })); // so that it can be had back
}

/** Brings a text into view that the class writes together, also on the page that leads. @param {Pick<Scene, "trace" | "index">} place */
export async function showText({ trace, index }) {
  const shown = shownOnDecode();
  if (!shown || (isInView(shown, pageId(trace)) && shown.step.index === index)) return;
  followView(DECODE);
  document.dispatchEvent(new CustomEvent("playground:open", { detail: { traceId: pageId(trace), index, keepsSliders: true } }));
}

/** Brings a text into view, or only another step of the one that is in view. @returns {Promise<boolean>} whether it is another text */
async function bringText(scene, isOver) {
  if (!scene.trace) return false;
  if (!shownOnDecode()) {
    followView(DECODE); // the other views look at the text that this one has, once it was open
    await until(() => isOver() || shownOnDecode() !== null);
    if (isOver()) return false;
  }
  const isOther = shownOnDecode().wanted.traceId !== pageId(scene.trace);
  if (isOther) await openText(scene, isOver);
  turnToStep(scene); // which may have to wait for the text to grow
  return isOther;
}

/** Has the Decode tab open the scene's text, at the scene's step. If that fails, the tab says why. */
async function openText(scene, isOver) {
  const opened = untilTold("playground:opened", isOver);
  const detail = { traceId: pageId(scene.trace), index: scene.index ?? Infinity, keepsSliders: true };
  document.dispatchEvent(new CustomEvent("playground:open", { detail }));
  await opened;
}

/**
 * Moves the controls that differ, without the server. A text that has just come into view is told all of them, because controls that
 * stay where they are tell nothing.
 *
 * @param {Record<string, any>} wanted @param {boolean} isOther  whether another text has come into view
 */
function bringSettings(wanted, isOther) {
  const now = settingsInSidebar();
  const all = ofStages(wanted);
  const others = Object.entries(all).filter(([name, value]) => differ(value, now[name] ?? STARTS[name]));
  if (isOther) document.dispatchEvent(new CustomEvent("playground:settings", { detail: { ...now, ...all } }));
  if (others.length) changeSettings(Object.fromEntries(others));
}

const differ = (one, other) => JSON.stringify(one) !== JSON.stringify(other);

/** Shows the prompt of whoever leads in the sidebar. Gradio is not told, so that it asks the server nothing. */
function showPrompt(prompt) {
  const field = promptField();
  if (!field || typeof prompt !== "string") return;
  if (!field.readOnly) stood = promptInSidebar();
  field.readOnly = true;
  if (field.value !== prompt) field.value = prompt;
}

/** Opens a lesson at a page, or closes the one that is open. */
async function bringLesson(lesson) {
  const here = lessonAsked();
  if (!lesson && !here) return; // the lessons' part of the page is not needed
  if (here && here.name === lesson?.name && here.page === lesson.page) return;
  const { followLesson } = await import(new URL("playground/assets/lesson/mount.js", document.baseURI).href);
  await followLesson(lesson);
}

/** Chooses a model and waits until it is there. */
async function useModel(model, isOver) {
  if (!model || model === chosenModel() || !namesOfModels().includes(model)) return;
  let isThere = false;
  const hear = ({ detail }) => {
    isThere = detail === model || Boolean(detail.error);
    lookAgain();
  };
  for (const event of /** @type {const} */ (["playground:model", "playground:loading"])) document.addEventListener(event, hear);
  document.dispatchEvent(new CustomEvent("playground:choose", { detail: model }));
  await until(() => isThere || isOver());
  for (const event of /** @type {const} */ (["playground:model", "playground:loading"])) document.removeEventListener(event, hear);
}
