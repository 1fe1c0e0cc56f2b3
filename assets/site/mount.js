/**
 * A page that has one lesson and no server: the lesson's panel beside Decode, which shows the recorded texts.
 * `playground/site/pages.py` makes the page. Knows the lesson, the tab and the sidebar, not how they draw.
 *
 * @typedef {object} Told  what was recorded of the lesson
 * @property {string} name
 * @property {import("../models/models.js").Model[]} models  the first one is the lesson's own
 * @property {readonly import("./texts.js").Told[]} texts
 * @property {Record<string, string>} words
 * @property {Record<string, {now: import("./values.js").Told, after?: import("./values.js").Told}>} values  by the page, from 0
 * @property {import("../prompts/task_form.js").Task[]} tasks  those of Compare prompts
 * @property {string[]} live  the tasks that need a model: "3.1" by the page and the place among its parts
 */

import { typePrompt } from "../common/controls.js";
import { make } from "../common/dom.js";
import { keepBeforeLeaving } from "../common/keeping.js";
import { t } from "../common/language.js";
import { numberAsked } from "../common/lesson_address.js";
import { turnTo } from "../common/navigation.js";
import { recordedBytes } from "../common/recorded.js";
import { shownOnDecode, tellEnded } from "../common/shown.js";
import { openLesson } from "../lesson/mount.js";
import { record } from "../lesson/record.js";
import { chooseModel, chosenModel, learnModel, tellModel } from "../models/models.js";
import { decodeBeside } from "../take_home/decode.js";
import { Sidebar } from "../take_home/sidebar.js";
import { Frame } from "./frame.js";
import { Prompts } from "./prompts.js";
import { Texts } from "./texts.js";
import { recordedOf } from "./values.js";

const FILE = "lesson.json"; // the same name in pages.py
const LIST = "index.html";
const [DECODE, PROMPTS] = ["decode", "compare/prompts"];

async function open() {
  /** @type {Told} */
  const told = JSON.parse(new TextDecoder().decode(recordedBytes(FILE)));
  keepBeforeLeaving();
  document.documentElement.dataset.sidebar = "prompt settings strategy runs";
  for (const model of told.models) learnModel(model);
  useModel(told.models[0].model);
  const sidebar = new Sidebar();
  const tab = decodeBeside(sidebar);
  const texts = new Texts(told.texts, told.words);
  const prompts = new Prompts(told.tasks, texts);
  const frame = new Frame(sidebar, tab.element, prompts.element, () => goOn(tab, texts));
  document.body.replaceChildren(skipLink(() => tab.strip.list), frame.element);
  listen(tab, sidebar, texts, () => {
    turnTo(DECODE);
    frame.showDecode();
  });
  document.addEventListener("playground:shown", () => frame.offerNext(shownOnDecode() !== null && texts.goesOn(shownOnDecode().trace)));
  const show = () => openLesson(told.name, numberAsked(), aloneWith(told, frame, prompts));
  const isTurned = () => ![null, record.of(told.name).page].includes(numberAsked());
  addEventListener("hashchange", () => isTurned() && show());
  await show();
}

/** The text in view goes on by one token that was recorded. @param {import("../decode/tab.js").DecodeTab} tab @param {Texts} texts */
async function goOn(tab, texts) {
  const { trace_id: traceId, steps } = await texts.next(shownOnDecode().trace);
  await tab.open({ traceId, index: steps.length - 1 });
}

/**
 * Answers what the lesson asks of the playground.
 *
 * @param {import("../decode/tab.js").DecodeTab} tab @param {Sidebar} sidebar @param {Texts} texts
 * @param {() => void} showDecode
 */
function listen(tab, sidebar, texts, showDecode) {
  const bring = async (traceId, index) => {
    await tab.open({ traceId, index });
    document.dispatchEvent(new CustomEvent("playground:opened", { detail: traceId }));
  };
  document.addEventListener("playground:open", ({ detail }) => {
    showDecode();
    typePrompt({ prompt: texts.promptOf(detail.traceId), chat: false });
    bring(detail.traceId, detail.index);
  });
  document.addEventListener("playground:choose", ({ detail }) => useModel(detail));
  document.addEventListener("playground:example", async ({ detail }) => {
    try {
      const message = await texts.open(chosenModel(), detail);
      sidebar.begin(message.header.settings);
      await bring(message.trace_id, detail.step);
      tellEnded(message.trace_id);
    } catch (error) {
      tab.refused(error.message);
      tellEnded();
    }
  });
}

/** @param {Told} told @param {Frame} frame @param {Prompts} prompts @returns {import("../lesson/mount.js").Alone} */
function aloneWith({ values, live }, frame, prompts) {
  const isShown = (view) => view === DECODE || (view === PROMPTS && prompts.isThere);
  return {
    show(state) {
      if (!isShown(state.view)) {
        frame.showAbsent(state);
        return false;
      }
      turnTo(state.view);
      if (state.view === DECODE) frame.showDecode();
      else {
        frame.showPrompts();
        prompts.open(state);
      }
      return true;
    },
    recorded: (page, view) => recordedOf(values[page], !isShown(view)),
    isLive: (page, place) => live.includes(`${page}.${place}`),
    openList: () => location.assign(LIST),
  };
}

/** @param {string} model */
function useModel(model) {
  if (chooseModel(model)) tellModel();
}

/** @param {() => HTMLElement} where @returns {HTMLElement} a link with which a reader at the keyboard skips the lesson and the sidebar */
function skipLink(where) {
  const link = make("a", "pg-skip-link", t("Skip to the text"));
  link.href = "#";
  link.addEventListener("click", (event) => {
    event.preventDefault(); // behind the "#" stands the page
    where().focus();
  });
  return link;
}

open().catch((error) => {
  document.body.replaceChildren(make("p", "pg-notice", t("This page cannot be shown. {error}", { error: error.message })));
});
