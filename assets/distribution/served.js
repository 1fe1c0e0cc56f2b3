/**
 * What the server makes of the scores, for stages that have no JavaScript: their Python runs there. Knows neither the
 * page nor the server: `connect` says how to ask, and each question's moment whom to tell that an answer is there.
 *
 * For each row and stage one question is under way, and of those that come meanwhile only the latest is asked.
 *
 * @typedef {object} Question
 * @property {string} name  the stage's
 * @property {Record<string, any>} values  of its settings
 * @property {import("./moment.js").Moment} moment
 * @property {() => Float32Array} scores  returns those that enter it, by token id; -Infinity: removed (vocab,)
 *
 * @typedef {Float32Array | Error} Answer  the scores after the stage, or why there are none
 */

import { Awaited } from "./awaited.js";

const MOST = 16; // answers that are kept for each row and stage: the bars, the temperatures and what a slider left
const AGAIN_MS = 1000; // a question that failed is asked again after this time, if it is still asked

/** @type {(question: Question) => Promise<Float32Array>} */
let ask = async () => {
  throw new Error("There is no server to ask.");
};
/** @type {WeakMap<object, Map<string, Line>>} by the row, and by the stage's name */
const lines = new WeakMap();

/** @param {(question: Question) => Promise<Float32Array>} asking */
export function connect(asking) {
  ask = asking;
}

/**
 * @param {object} row  of which the scores were made
 * @param {string} made  how they were made of it
 * @param {Question} question
 * @returns {Answer | undefined} undefined while the answer is on its way
 */
export function answered(row, made, question) {
  if (!lines.has(row)) lines.set(row, new Map());
  const ofRow = lines.get(row);
  if (!ofRow.has(question.name)) ofRow.set(question.name, new Line());
  const { name, values } = question;
  const { ids, promptLength, sourceIds, surprises, seed } = question.moment;
  return ofRow.get(name).answer(JSON.stringify([made, values, ids, promptLength, sourceIds, surprises, seed]), question);
}

/** The questions about one row to one stage. */
class Line {
  /** @type {Map<string, {answer: Answer, at: number}>} the oldest first */
  #known = new Map();
  /** @type {string | null} */
  #underWay = null;
  /** @type {[key: string, question: Question] | null} */
  #next = null;
  /** All are told of each answer: one whose question was not asked, because a later one came, asks again. */
  #awaited = new Awaited();

  /** @param {string} key @param {Question} question @returns {Answer | undefined} */
  answer(key, question) {
    const found = this.#known.get(key);
    if (found && !(found.answer instanceof Error && performance.now() - found.at > AGAIN_MS)) {
      this.#keep(key, found);
      return found.answer;
    }
    if (key !== this.#underWay) this.#next = [key, question];
    this.#awaited.wait("", question.moment.onAnswer);
    if (this.#underWay === null) this.#send();
    return undefined;
  }

  async #send() {
    while (this.#next) {
      const [key, question] = this.#next;
      this.#next = null;
      this.#underWay = key;
      const answer = await ask(question).catch((error) => error);
      this.#underWay = null;
      this.#keep(key, { answer, at: performance.now() });
      this.#awaited.tell("");
    }
  }

  #keep(key, found) {
    this.#known.delete(key);
    this.#known.set(key, found);
    if (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value);
  }
}
