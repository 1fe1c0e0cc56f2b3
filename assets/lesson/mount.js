/**
 * Opens, turns and closes a lesson: joins its state, the panel, what drives the playground, and the record. There is at most
 * one lesson on the page.
 *
 * @typedef {object} Alone  what a page that has one lesson and no server does in place of the playground
 * @property {(state: import("./state.js").PageState | null) => boolean} show  shows Decode, or says that the state's view needs
 *   a model; returns whether the state can be brought about
 * @property {(page: number, view: string) => import("./live.js").Recorded} recorded  of a page, from 0
 * @property {(page: number, place: number) => boolean} isLive  whether a task, by its place among the page's parts, needs a model
 * @property {() => void} openList
 */

import { follows } from "../common/class_rules.js";
import { putLesson } from "../common/lesson_address.js";
import { hideForGuess } from "../common/guessing.js";
import { t } from "../common/language.js";
import { openView } from "../common/navigation.js";
import { fetchLesson } from "../common/server.js";
import { shownOnDecode } from "../common/shown.js";
import { chosenModel } from "../models/models.js";
import { bringBack, forgetBefore, keptBefore, lookNow, rememberBefore } from "./before.js";
import { Driver, usedModel } from "./driver.js";
import { Live, Pieces } from "./live.js";
import { partsOf } from "./page_parts.js";
import { Panel } from "./panel.js";
import { keepRecord, record } from "./record.js";
import { giveRoomBack, makeRoom } from "./room.js";
import { changed, LessonState } from "./state.js";
import { isTeacher } from "./teacher.js";
import { lessonView } from "./views/table.js";
import { until } from "../common/waiting.js";

const EVENTS = ["playground:shown", "playground:settings", "playground:view", "playground:model", "playground:face", "playground:looked", "playground:head", "input"];
const LIST = "learn";
const DECODE = "decode";

/** @type {OpenLesson | null} */
let opened = null;

/** There is nothing to come back to. */
const NOTHING = /** @type {import("./before.js").Before} */ ({ typed: { prompt: "", chat: false } });

/**
 * Opens a lesson. One that is open already is left, and what was there before it stays remembered.
 *
 * @param {string} name
 * @param {number | null} page  from 0; null for the one that was open last
 * @param {Alone | null} [alone]  null in the playground
 */
export async function openLesson(name, page, alone = null) {
  const lesson = await fetchLesson(name);
  const before = opened?.before ?? (alone && NOTHING);
  opened?.end();
  opened = new OpenLesson(new LessonState(lesson, page ?? record.of(name).page), before, alone);
  await opened.begin();
}

/**
 * Shows a lesson as another page of a class does, or none. The focus stays where it is.
 *
 * @param {{name: string, page: number | null} | null} asked
 */
export async function followLesson(asked) {
  if (!asked) {
    if (opened) forgetBefore();
    opened?.end();
    opened = null;
  } else if (opened?.name === asked.name) opened.show(asked.page ?? 0);
  else await openLesson(asked.name, asked.page ?? 0);
}

class OpenLesson {
  #state;
  #driver = new Driver();
  #pieces = new Pieces(() => this.#draw());
  /** @type {Live} */
  #live = new Live(this.#pieces);
  #panel;
  #alone;
  /** The part of the page that a class may be asked. @type {import("./page_parts.js").Asks | null} */
  #asks = null;
  #life = new AbortController();
  #isDue = false;
  #asked = 0; // how often a state was asked for
  /** Kept once it is known what was there before. @type {Promise<unknown> | null} */
  #ready = null;
  /** What was there before, once it is known. @type {import("./before.js").Before | null} */
  before;

  /** @param {LessonState} state @param {import("./before.js").Before | null} before @param {Alone | null} alone */
  constructor(state, before, alone) {
    this.#state = state;
    this.before = before;
    this.#alone = alone;
    this.#panel = new Panel({
      turn: (by) => this.#turn(by),
      goBack: () => this.#goBack(),
      close: alone ? null : () => this.#close(this.before?.view),
      openList: alone?.openList ?? (() => this.#close(LIST)),
    });
  }

  get name() {
    return this.#state.lesson.name;
  }

  async begin() {
    place(this.#panel.element);
    for (const event of EVENTS) document.addEventListener(event, () => this.#drawSoon(), this.#life);
    document.addEventListener("playground:teacher", () => this.#showPage(), this.#life);
    document.addEventListener("playground:model", () => this.#pieces.forget(), this.#life);
    document.addEventListener("playground:face", makeRoom, this.#life); // a sidebar that was in the page stands at the left now
    document.addEventListener("playground:asked", () => this.#asks?.hearClass(), this.#life);
    document.addEventListener("playground:class", () => this.#onClass(), this.#life);
    if (!this.#alone) addEventListener("popstate", () => this.#putAddress(), this.#life);
    this.#showPage();
    if (!follows()) this.#panel.heading.focus();
    await this.#go();
  }

  /** Shows a page that is open on another page of a class. @param {number} page  from 0 */
  show(page) {
    if (page === this.#state.page) return;
    this.#state.turnTo(page);
    this.#showPage();
    this.#arrive();
  }

  /** Whoever leads a class brings the states about now, or the reader does again. */
  #onClass() {
    if (follows()) this.#driver.leave();
    this.#showPage();
    this.#arrive();
  }

  /** What is there before the lesson changes it, with the text on Decode, which may have to be opened first. */
  async #remember() {
    this.before ??= keptBefore();
    if (this.before) return;
    const look = lookNow();
    if (this.#state.wanted?.view === DECODE && !shownOnDecode()) {
      openView(DECODE);
      await until(() => shownOnDecode() !== null || this.#life.signal.aborted);
    }
    this.before = await rememberBefore(look);
  }

  /** The lesson leaves the page; what it changed stays. */
  end() {
    this.#life.abort();
    this.#driver.leave();
    hideForGuess("lesson", false);
    this.#panel.element.remove();
    delete document.documentElement.dataset.lesson;
    giveRoomBack();
    putLesson(null);
    dispatchEvent(new Event("resize"));
  }

  /** @param {string} [view]  the one to open then */
  #close(view) {
    this.end();
    opened = null;
    if (this.before) bringBack({ ...this.before, view: view ?? this.before.view }, () => opened !== null);
    /** @type {HTMLElement | null} */
    const tab = document.querySelector("#pg-nav [role=tab][aria-selected=true]");
    tab?.focus();
  }

  async #turn(by) {
    this.#state.turnTo(this.#state.page + by);
    this.#showPage();
    this.#panel.heading.focus();
    await this.#go();
  }

  #showPage() {
    const { lesson, page } = this.#state;
    record.see(lesson.name, page);
    keepRecord();
    this.#putAddress();
    this.#live = new Live(this.#pieces, this.#alone?.recorded(page, this.#state.wanted.view));
    const { parts, predict, asks } = partsOf(this.#state, this.#live, {
      isLive: (place) => this.#alone?.isLive(page, place) ?? false,
      hasNotes: isTeacher() || this.#alone !== null,
      placeOfTask: () => this.#placeOfTask(),
      reveal: (part) => this.#reveal(part),
      again: () => this.#go(),
    });
    this.#asks = asks;
    hideForGuess("lesson", predict?.isHiding ?? false);
    this.#panel.showPage(this.#state, parts, noteOf(lesson.model ?? this.#state.wanted?.model ?? null), follows());
  }

  #placeOfTask() {
    const { view, settings, fields } = this.#state.wanted;
    const isSamePlace = follows() || this.#driver.isAtPlace;
    if (view !== DECODE) return { wanted: { ...settings, ...fields }, isSamePlace, settings: null, others: lessonView(view)?.differing(this.#state.wanted) ?? [] };
    return { wanted: settings, isSamePlace, settings: shownOnDecode()?.settings ?? null };
  }

  /** Brings the page's state about. @returns {Promise<boolean>} whether it is there */
  async #go() {
    const asked = ++this.#asked;
    this.#live.goBack();
    if (follows()) return this.#arrive();
    this.#ready ??= this.#remember();
    await this.#ready;
    if (asked !== this.#asked || this.#life.signal.aborted) return false;
    this.#driver.keeps(this.before.typed.prompt);
    const { wanted } = this.#state;
    if (wanted === null) return this.#arrive();
    this.#draw();
    return this.#bring(wanted);
  }

  /** Brings a state about, with the text of another one. Where the page has no model for its view, what was recorded is there. */
  async #bring(state, text = state) {
    if (this.#alone?.show(state) === false) {
      this.#driver.leave();
      return this.#arrive();
    }
    return this.#arriveIf(await this.#driver.go(this.#own(state), this.#own(text)));
  }

  /** @returns {import("./state.js").PageState} with the lesson's model, if the state names none */
  #own(state) {
    return { ...state, model: usedModel(state.model ?? this.#state.lesson.model) };
  }

  /** @param {boolean} isThere  whether the state is there that was asked for */
  #arriveIf(isThere) {
    if (isThere) return this.#arrive();
    this.#draw();
    return false;
  }

  #arrive() {
    this.#live.isThere = true;
    this.#draw();
    return true;
  }

  #goBack() {
    return this.#go();
  }

  /** Shows what a reveal changes, from the page's own state on. */
  async #reveal({ set, writes }) {
    if (!this.#live.isThere || this.#driver.isAway) if (!(await this.#go())) return false;
    this.#live.keepBefore();
    this.#live.isThere = false;
    const { wanted } = this.#state;
    const after = changed(wanted, set);
    return this.#bring(after, writes ? after : wanted);
  }

  /** Draws once what has just changed in several ways. */
  #drawSoon() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (!this.#life.signal.aborted) this.#draw();
    });
  }

  #draw() {
    this.#live.take();
    this.#panel.show(this.#driver.isGoing && this.#state.wanted.view, this.#driver.isAway, this.#live.isThere);
  }

  #putAddress() {
    putLesson({ name: this.#state.lesson.name, page: this.#state.page });
  }
}

/** Puts the panel before the views, where it also comes first for the keyboard. @param {HTMLElement} panel */
function place(panel) {
  document.documentElement.dataset.lesson = "open";
  document.querySelector(".pg-skip-link").after(panel);
  makeRoom();
  dispatchEvent(new Event("resize")); // the views fit themselves to the window again
}

/** @param {string | null} model  the one with which a lesson's numbers were checked @returns {string} "" if it is the one in use */
function noteOf(model) {
  const used = usedModel(model);
  if (model === null || used === model) return "";
  return t("The numbers of this lesson were checked with {model}. This page runs {used}, so yours differ.", { model, used: used || chosenModel() });
}
