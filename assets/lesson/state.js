/**
 * What a lesson shows: its page, and the state of the playground that the page wants. Pure; named actions change it.
 *
 * @typedef {import("./html.js").Rich} Rich
 * @typedef {import("./tree.js").Tree} Tree
 *
 * @typedef {object} PageState  what the playground is to show
 * @property {string} view  a view's id
 * @property {import("../common/face.js").Face} face
 * @property {string | null} model
 * @property {string} prompt
 * @property {number} step  from 1
 * @property {import("../distribution/settings.js").Settings} settings  with the seed and the number of new tokens
 * @property {Record<string, any>} fields  those that the view has of its own
 *
 * @typedef {{kind: "text"} & Rich} TextPart
 * @typedef {{kind: "predict", question: Rich, ask: "choice" | "bar" | "token", choices: string[] | null, token: string | null}} PredictPart
 * @typedef {{kind: "reveal", set: Record<string, any>, writes: boolean, value: Tree | null, answer: string | null, says: Rich}} RevealPart
 *   `writes` says whether what a reveal sets makes another text, and not only other bars of the same text
 * @typedef {{kind: "try", task: Rich, check: Tree, only: string[] | null, hint: Rich | null}} TryPart
 * @typedef {{kind: "ask", question: Rich, answer: Rich | null}} AskPart  without an answer on a pupil's page in a class
 * @typedef {{kind: "note"} & Rich} NotePart
 * @typedef {TextPart | PredictPart | RevealPart | TryPart | AskPart | NotePart} Part
 *
 * @typedef {{title: string, state: PageState | null, parts: Part[]}} Page
 *
 * @typedef {object} Lesson
 * @property {string} name
 * @property {number} number
 * @property {string} title
 * @property {string} about
 * @property {"beginner" | "intermediate" | "advanced"} level
 * @property {number} minutes
 * @property {string | null} language  null where nobody has said it
 * @property {string | null} model  the one with which what it says holds; null for the server's first one
 * @property {Page[]} pages
 */

import { t } from "../common/language.js";

/** What of a state is no setting, among what a reveal may change. */
const OF_PLACE = ["prompt", "step"];

export class LessonState {
  /** @param {Lesson} lesson @param {number} page  from 0; one that there is not is the nearest one */
  constructor(lesson, page) {
    this.lesson = lesson;
    this.page = within(page, lesson);
  }

  /** @param {number} page  from 0 */
  turnTo(page) {
    this.page = within(page, this.lesson);
  }

  /** @returns {Page} */
  get current() {
    return this.lesson.pages[this.page];
  }

  get isFirst() {
    return this.page === 0;
  }

  get isLast() {
    return this.page === this.lesson.pages.length - 1;
  }

  /** @returns {PageState | null} that of the page, or of the nearest one before it that has one */
  get wanted() {
    return this.lesson.pages.slice(0, this.page + 1).findLast(({ state }) => state !== null)?.state ?? null;
  }

  /** @returns {string} "4 of 9" */
  get place() {
    return t("{page} of {pages}", { page: this.page + 1, pages: this.lesson.pages.length });
  }
}

const within = (page, { pages }) => Math.min(Math.max(0, Math.trunc(page) || 0), pages.length - 1);

/**
 * @param {PageState} state
 * @param {Record<string, any>} set  what a reveal changes, by the names that a state block has
 * @returns {PageState} the state after it
 */
export function changed(state, set) {
  const of = (/** @type {(name: string) => boolean} */ isOf) => Object.fromEntries(Object.entries(set).filter(([name]) => isOf(name)));
  const isPlace = (name) => OF_PLACE.includes(name);
  const isField = (name) => name in state.fields;
  const settings = { ...state.settings, ...of((name) => !isPlace(name) && !isField(name)) };
  return { ...state, ...of(isPlace), settings, fields: { ...state.fields, ...of(isField) } };
}
