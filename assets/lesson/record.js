/**
 * What the reader has done in lessons: the pages that were seen, the guesses, and the tasks that were solved. It stays in
 * this browser. Knows lessons by name and pages by number, from 0.
 *
 * @typedef {object} Guess
 * @property {string | number} guess  a choice, a token's text, or a share
 * @property {number | null} off  how many points of a percent a share was off; null for a choice and a token
 * @property {boolean | null} isRight  null for a share
 * @property {number} when  in milliseconds since 1970
 *
 * @typedef {object} OfLesson
 * @property {number} page  the page that was open last
 * @property {number[]} seen
 * @property {Record<string, Guess>} guesses  by the page
 * @property {Record<string, number>} solved  when, by the page and the place of the task among its parts: "3.1"
 */

import { keep, kept } from "../common/keeping.js";

const PART = "lessons";

export class Progress {
  /** @type {Map<string, OfLesson>} by the lesson's name */
  #lessons;

  /** @param {unknown} told  what was kept, which is not checked */
  constructor(told) {
    this.#lessons = new Map(Object.entries(Object(told)).map(([name, one]) => [name, checked(one)]));
  }

  /** @param {string} name @returns {Readonly<OfLesson>} */
  of(name) {
    return this.#lessons.get(name) ?? checked(null);
  }

  /** The reader looks at a page. */
  see(name, page) {
    const { seen } = this.of(name);
    this.#put(name, { page, seen: seen.includes(page) ? seen : [...seen, page] });
  }

  /** @param {string} name @param {number} page @param {Guess} guess */
  commit(name, page, guess) {
    this.#put(name, { guesses: { ...this.of(name).guesses, [page]: guess } });
  }

  /** @param {string} name @param {number} page @param {number} place  of the task among the page's parts @param {number} when */
  solve(name, page, place, when) {
    this.#put(name, { solved: { ...this.of(name).solved, [taskOf(page, place)]: when } });
  }

  /** @returns {boolean} whether a task was solved */
  isSolved(name, page, place) {
    return taskOf(page, place) in this.of(name).solved;
  }

  /** @returns {boolean} whether nothing was done yet */
  get isEmpty() {
    return this.#lessons.size === 0;
  }

  forget() {
    this.#lessons.clear();
  }

  /** @returns {Record<string, OfLesson>} what is to be kept */
  get told() {
    return Object.fromEntries(this.#lessons);
  }

  #put(name, news) {
    this.#lessons.set(name, { ...this.of(name), ...news });
  }
}

const taskOf = (page, place) => `${page}.${place}`;

/** @param {any} told @returns {OfLesson} what of it can be used */
function checked(told) {
  const { page, seen, guesses, solved } = Object(told);
  const entries = (values, isFit) => Object.fromEntries(Object.entries(Object(values)).filter(([, one]) => isFit(one)));
  return {
    page: isPage(page) ? page : 0,
    seen: Array.isArray(seen) ? [...new Set(seen.filter(isPage))] : [],
    guesses: entries(guesses, isGuess),
    solved: entries(solved, Number.isFinite),
  };
}

const isPage = (page) => Number.isInteger(page) && page >= 0;
const isGuess = (one) =>
  ["string", "number"].includes(typeof one?.guess) && (one.off === null || Number.isFinite(one.off)) && [true, false, null].includes(one.isRight) && Number.isFinite(one.when);

/** The record of this browser. */
export const record = new Progress(kept(PART));

/** Keeps the record, and tells it to the document's "playground:progress" listeners. */
export function keepRecord() {
  keep(PART, () => JSON.stringify(record.told));
  document.dispatchEvent(new Event("playground:progress"));
}
