/**
 * What the two folds below the columns hold: the evaluation or the comparison of wordings that is under way, the results
 * that stay side by side, and what went wrong. Named actions change it. Does not know the page or the server.
 *
 * @typedef {"shots" | "wordings"} Kind  an evaluation over numbers of shots, or a comparison of two wordings
 *
 * @typedef {object} Latest  what was begun last, as far as it has come
 * @property {Kind} kind
 * @property {number} done  how many prompts
 * @property {number} total
 * @property {number | null} seconds_left
 * @property {import("./wordings.js").Comparison} [wordings]
 * @property {boolean} [ended]
 *
 * @typedef {import("./result_tables.js").Result & Latest} Evaluated
 *
 * @typedef {Partial<Latest> & {id: number, error?: string}} News  of the run with this number
 */

import { FailingRun } from "../common/failing_run.js";

/** Only one runs at a time. */
export class EvaluationState extends FailingRun {
  /** @type {Evaluated[]} the evaluations, the one under way too */
  results = [];
  /** @type {Latest | null} */
  latest = null;
  #note = ""; // what the labelled set that was read is like
  /** @type {Kind} the fold in which it is said what went wrong */
  #place = "shots";
  #id = 0;

  /** @returns {number} the number of the latest run */
  get id() {
    return this.#id;
  }

  /** @param {Kind} kind @returns {string} what went wrong in the fold of this kind, "" for nothing */
  noticeOf(kind) {
    return kind === this.#place ? this.notice : "";
  }

  /** @param {Kind} kind @returns {string} how far the run of this kind has come, "" if none runs */
  progressOf(kind) {
    if (!this.isRunning || kind !== this.latest.kind) return "";
    const { done, total, seconds_left } = this.latest;
    const left = seconds_left === null ? "" : `, ${Math.ceil(seconds_left)} s left`;
    return `${done} of ${total} prompts${left}`;
  }

  /** @returns {string} what is said beside Evaluate: how far the evaluation is, or how far the last one came */
  get status() {
    const last = this.results.at(-1);
    const isPart = last && !this.isRunning && last.done < last.total;
    const kept = isPart ? `Stopped: ${last.done} of ${last.total} prompts of “${last.name}” are kept.` : "";
    return this.progressOf("shots") || this.#note || kept;
  }

  /** A labelled set is read or chosen. @param {string} note  what it is like, "" for nothing to say */
  readSet(note) {
    this.#note = note;
  }

  /** An evaluation is asked for. @param {string} name */
  evaluate(name) {
    const result = { name, labels: [], shots: [], items: null, ...begun("shots") };
    this.results = [...this.results, result];
    this.#ask(result);
  }

  /** A comparison of two wordings is asked for. */
  compare() {
    this.#ask(begun("wordings"));
  }

  /** @param {Latest} latest */
  #ask(latest) {
    this.begin();
    this.#id += 1;
    this.#note = "";
    this.#place = latest.kind;
    this.latest = latest;
  }

  /** @param {News | null} message @returns {boolean} whether it is news of what is under way */
  isNews(message) {
    return this.isRunning && message?.id === this.#id;
  }

  /** The run comes further or ends. @param {News} message */
  take({ id: _, ...found }) {
    Object.assign(this.latest, found);
    this.goOn(!found.ended);
  }

  /** The run is refused or broken off. The results that it has found stay. @param {string} sentence */
  fail(sentence) {
    super.fail(sentence);
    this.#place = this.latest.kind;
    this.results = this.results.filter(({ done }) => done > 0);
  }

  /** Something is wrong in the fold of this kind. @param {string} sentence  "" for nothing @param {Kind} kind */
  say(sentence, kind = "shots") {
    this.#place = kind;
    super.say(sentence);
  }

  /** The reader clears the results. */
  clear() {
    this.results = this.isRunning ? this.results.filter((result) => result === this.latest) : [];
  }
}

/** @param {Kind} kind @returns {Latest} */
const begun = (kind) => ({ kind, done: 0, total: 0, seconds_left: null });
