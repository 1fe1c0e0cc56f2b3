/**
 * The Learn tab: the lessons with their level, their time and what the learner has done of each. It opens them and their
 * handouts.
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {number} number
 * @property {string} title
 * @property {string} about
 * @property {"beginner" | "intermediate" | "advanced"} level
 * @property {number} minutes
 * @property {number} pages
 * @property {boolean} own  whether it comes from a folder of whoever runs the server
 * @property {string | null} language  the lesson's, null where nobody has said it
 * @property {number} [live]  in a page without a server, how many of its pages need a model
 */

import { button, make, setText } from "../common/dom.js";
import { LANGUAGE, listed, t, tn } from "../common/language.js";
import { fetchLesson, fetchLessons } from "../common/server.js";
import { openLesson } from "../lesson/mount.js";
import { keepRecord, record } from "../lesson/record.js";
import { isTeacher, setTeacher } from "../lesson/teacher.js";
import { lessonRefusal } from "../lesson_door.js";
import { Handout } from "./handout.js";

const ABOUT = t("A lesson stands beside the views and leads through them. You guess first, and then you see what happens. You may touch everything: what you have written comes back when you close the lesson.");
const ABOUT_SITE = t("A lesson stands beside the bars of a model and leads through them. You guess first, and then you see what happens. You may touch everything.");
const NONE = t("This server has no lessons. Whoever runs it can add some with --lessons FOLDER.");
const LEVELS = { beginner: t("Beginner"), intermediate: t("Intermediate"), advanced: t("Advanced") };

export class LearnTab {
  /** @type {Entry[]} */
  #entries = [];
  /** @type {{entry: Entry, progress: HTMLElement, start: HTMLElement}[]} */
  #rows = [];
  #isThere = false;
  #addressOf;

  /** @param {{addressOf: ((name: string) => string) | null}} [site]  the address of each lesson, where each is a page of its own */
  constructor({ addressOf } = { addressOf: null }) {
    this.#addressOf = addressOf;
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.lists = make("div", "pg-learn-lists");
    this.teacher = Object.assign(make("input"), { type: "checkbox" });
    this.teacher.addEventListener("change", () => setTeacher(this.teacher.checked));
    this.forget = button(t("Forget my progress"), () => this.#forget(), "pg-link");
    const notes = make("label", "pg-learn-teacher", this.teacher, t("Notes for the teacher"));
    const foot = make("div", "pg-learn-foot", ...(addressOf ? [] : [notes]), this.forget);
    this.list = make("div", "pg-learn-list", make("h2", "", t("Lessons")), make("p", "pg-learn-about", addressOf ? ABOUT_SITE : ABOUT), this.lists, foot);
    this.handout = new Handout(() => this.#showList());
    this.element = make("div", "pg-root pg-learn", this.notice, this.list, this.handout.element);
    this.showTeacher();
  }

  /** Asks the server for the list. */
  async fetch() {
    try {
      this.#entries = await fetchLessons();
      this.#isThere = true;
      this.showRefusal();
    } catch (error) {
      setText(this.notice, t("The lessons cannot be listed. {error}", { error: error.message }));
    }
    this.#show();
  }

  /** The server answers again. */
  goOn() {
    if (!this.#isThere) this.fetch();
  }

  /** A lesson that the address or another view asked for cannot be opened. */
  showRefusal() {
    setText(this.notice, lessonRefusal());
  }

  showTeacher() {
    this.teacher.checked = isTeacher();
  }

  /** The first lesson that is not read to its end is the one to press. */
  showProgress() {
    const next = this.#rows.find(({ entry }) => record.of(entry.name).seen.length < entry.pages);
    for (const row of this.#rows) {
      const { entry, progress, start } = row;
      const { seen } = record.of(entry.name);
      setText(progress, progressOf(entry));
      setText(start, seen.length ? t("Go on") : t("Start"));
      start.classList.toggle("pg-primary", row === next);
    }
    this.forget.hidden = record.isEmpty;
  }

  #show() {
    this.#rows = [];
    const [ours, own] = [false, true].map((isOwn) => this.#entries.filter((entry) => entry.own === isOwn));
    /** @type {HTMLElement[]} */
    const parts = ours.length ? [this.#listOf(ours)] : [];
    if (own.length) parts.push(make("h3", "", t("Lessons of your school")), this.#listOf(own));
    if (this.#isThere && !parts.length) parts.push(make("p", "pg-empty", NONE));
    this.lists.replaceChildren(...parts);
    this.showProgress();
  }

  /** @param {Entry[]} entries */
  #listOf(entries) {
    return make("ol", "pg-learn-entries", ...entries.map((entry) => this.#rowOf(entry)));
  }

  /** @param {Entry} entry */
  #rowOf(entry) {
    const { name, number, title, about, level, minutes, language, live = 0 } = entry;
    const progress = make("span", "pg-learn-progress");
    const start = this.#addressOf ? linkTo(this.#addressOf(name)) : button(t("Start"), () => this.#open(name), "pg-button");
    const buttons = [start, button(t("Handout"), () => this.#showHandout(name))];
    const id = `pg-lesson-${name}`;
    const heading = make("strong", "pg-learn-title", `${number} ${title}`);
    heading.id = id;
    const says = make("span", "", about);
    if (language) for (const one of [heading, says]) one.lang = language;
    for (const one of buttons) one.setAttribute("aria-describedby", id);
    this.#rows.push({ entry, progress, start });
    const told = [LEVELS[level], tn("{n} minute", "{n} minutes", minutes), ...inItsLanguage(language)].join(" · ");
    const facts = make("span", "pg-learn-facts pg-muted", `${told} · `, progress, needsModel(live));
    return make("li", "pg-learn-entry", make("div", "pg-learn-words", heading, says, facts), make("div", "pg-learn-buttons", ...buttons));
  }

  #open(name) {
    return this.#try(() => openLesson(name, null), (error) => t("The lesson cannot be opened. {error}", { error }));
  }

  #showHandout(name) {
    return this.#try(async () => {
      this.handout.show(await fetchLesson(name), isTeacher() || this.#addressOf !== null); // a site has notes only for teachers
      this.list.hidden = true;
    }, (error) => t("The handout cannot be made. {error}", { error }));
  }

  #showList() {
    this.list.hidden = false;
    this.#rows[0]?.start.focus();
  }

  async #try(work, refusal) {
    try {
      await work();
      setText(this.notice, "");
    } catch (error) {
      setText(this.notice, refusal(error.message));
    }
  }

  #forget() {
    record.forget();
    keepRecord();
    this.#rows[0]?.start.focus();
  }
}

/** @param {Entry} entry @returns {string} "3 of 9 pages, 2 predictions, 1 task solved" */
function progressOf({ name, pages }) {
  const { seen, guesses, solved } = record.of(name);
  const [guessed, done] = [guesses, solved].map((of) => Object.keys(of).length);
  if (!seen.length) return tn("{n} page", "{n} pages", pages);
  const parts = [tn("{seen} of {n} page seen", "{seen} of {n} pages seen", pages, { seen: seen.length })];
  if (guessed) parts.push(tn("{n} prediction", "{n} predictions", guessed));
  if (done) parts.push(tn("{n} task solved", "{n} tasks solved", done));
  return listed(parts);
}

/** @param {string | null} language  a lesson's @returns {string[]} "in English" for a lesson that is not in the page's language */
function inItsLanguage(language) {
  return language === null || language === LANGUAGE ? [] : [t("in English")];
}

/** @param {number} pages @returns {string} */
const needsModel = (pages) => (pages ? ` · ${tn("{n} page needs a model", "{n} pages need a model", pages)}` : "");

/** @param {string} address @returns {HTMLAnchorElement} */
const linkTo = (address) => Object.assign(make("a", "pg-button pg-learn-start"), { href: address });
