/**
 * What the two folds below the columns hold: which models the next evaluation tries, the evaluation or the comparison of
 * wordings that is under way, the results that stay side by side, and what went wrong. Named actions change it. Does not
 * know the page or the server.
 *
 * @typedef {"shots" | "wordings"} Kind  an evaluation over numbers of shots, or a comparison of two wordings
 *
 * @typedef {object} Part  what is asked of one model, as far as it has come
 * @property {string} name
 * @property {string} model
 * @property {number} done  how many prompts
 * @property {number} total
 * @property {number | null} seconds_left
 * @property {boolean} is_loading  whether the model has to be loaded first
 * @property {boolean} ended
 * @property {string} [error]  why it ended early
 * @property {import("./wordings.js").Comparison} [wordings]
 *
 * @typedef {import("./result_tables.js").Result & Part} Evaluated
 *
 * @typedef {object} News  of the run with this number
 * @property {number} id
 * @property {string} [error]  why the whole run ended
 * @property {Record<string, Partial<Part>>} [models]  by their places in the run
 * @property {{places: [number, number], shots: import("./pairs_table.js").ForShots[]}[]} [pairs]  once all have ended
 * @property {boolean} [ended]
 */

import { FailingRun } from "../common/failing_run.js";
import { t } from "../common/language.js";

export const MOST_MODELS = 6; // as many as the chart has colours

/** Only one runs at a time. */
export class EvaluationState extends FailingRun {
  /** @type {Evaluated[]} what the models made of the evaluations, the one under way too */
  results = [];
  /** @type {import("./pairs_table.js").Pair[]} */
  pairs = [];
  /** @type {Part[]} what was begun last, in the order of the models */
  parts = [];
  /** @type {Kind} of what was begun last */
  kind = "shots";
  #offered;
  #chosen; // the page's model
  #own = null; // the models that the reader has chosen for evaluations, null before that
  #note = ""; // what the labelled set that was read is like
  #loading = ""; // how far the loading of a model is
  /** @type {Kind} the fold in which it is said what went wrong */
  #place = "shots";
  #id = 0;
  #number = 0; // of the evaluation, since the results were cleared

  /** @param {readonly string[]} offered  the server's models @param {string} chosen  the page's */
  constructor(offered, chosen) {
    super();
    this.#offered = offered;
    this.#chosen = chosen;
  }

  /** @returns {number} the number of the latest run */
  get id() {
    return this.#id;
  }

  /** @returns {boolean} whether there are several models to choose from */
  get hasChoice() {
    return this.#offered.length > 1;
  }

  /** @returns {readonly string[]} the models of the next evaluation: the page's model until the reader chooses others */
  get models() {
    return this.#own ?? [this.#chosen];
  }

  /** @returns {boolean} whether an evaluation can begin */
  get canEvaluate() {
    return !this.isRunning && this.models.length > 0;
  }

  /** @param {string} model @returns {boolean} whether the reader may change whether this model is tried */
  canChoose(model) {
    return this.models.includes(model) || this.models.length < MOST_MODELS;
  }

  /** The reader chooses the models of the next evaluation. @param {readonly string[]} models */
  choose(models) {
    this.#own = models;
  }

  /** The page has another model. @param {string} model */
  follow(model) {
    this.#chosen = model;
  }

  /** @param {Kind} kind @returns {string} what went wrong in the fold of this kind, "" for nothing */
  noticeOf(kind) {
    const failed = kind === this.kind ? this.parts.filter(({ error }) => error).map((part) => this.#failure(part)) : [];
    return [...failed, kind === this.#place ? this.notice : ""].filter(Boolean).join(" ");
  }

  /** @param {Part} part @returns {string} */
  #failure({ model, error }) {
    return this.hasChoice && !error.startsWith(`${model} `) ? `${model}: ${error}` : error;
  }

  /** @returns {Part | undefined} what is asked of the model whose turn it is, undefined if nothing is under way */
  get part() {
    return this.isRunning ? (this.parts.find(({ ended }) => !ended) ?? this.parts.at(-1)) : undefined;
  }

  /** @returns {{done: number, total: number}} the prompts of all models of the latest run */
  get prompts() {
    const most = Math.max(0, ...this.parts.map(({ total }) => total)); // each model has as many
    return { done: this.parts.reduce((sum, { done }) => sum + done, 0), total: most * this.parts.length };
  }

  /** @param {Kind} kind @returns {string} how far the run of this kind has come, "" if none runs */
  progressOf(kind) {
    const part = this.part;
    if (!part || kind !== this.kind) return "";
    if (part.is_loading && this.#loading) return this.#loading;
    const { model, done, total, seconds_left } = part;
    const told = seconds_left === null ? t("{done} of {total} prompts", { done, total }) : t("{done} of {total} prompts, {seconds} s left", { done, total, seconds: Math.ceil(seconds_left) });
    if (!this.hasChoice) return told;
    if (this.parts.length === 1) return t("{model}: {progress}", { model, progress: told });
    return t("{model}, {place} of {models}: {progress}", { model, place: this.parts.indexOf(part) + 1, models: this.parts.length, progress: told });
  }

  /** @returns {string} what is said beside Evaluate: how far the evaluation is, or how far the last one came */
  get status() {
    const missing = this.isRunning || this.models.length ? "" : t("Choose a model.");
    return this.progressOf("shots") || missing || this.#note || this.#kept;
  }

  get #kept() {
    if (this.isRunning || this.kind !== "shots") return "";
    const part = this.parts.filter(({ done, total }) => done > 0 && done < total);
    const none = this.parts.filter(({ done, error }) => done === 0 && !error);
    const told = [
      ...part.map(({ name, done, total }) => t("{done} of {total} prompts of “{name}” are kept", { done, total, name })),
      ...none.map(({ name }) => t("“{name}” was not tried", { name })),
    ];
    return told.length ? t("Stopped: {results}.", { results: told.join(", ") }) : "";
  }

  /** A labelled set is read or chosen. @param {string} note  what it is like, "" for nothing to say */
  readSet(note) {
    this.#note = note;
  }

  /** An evaluation is asked for. @param {string[]} changes  what is otherwise than in the table, in words */
  evaluate(changes) {
    this.#number += 1;
    const results = this.models.map((model) => {
      const told = [...(this.hasChoice ? [model] : []), ...changes];
      const name = `${this.#number}: ${told.join(", ") || t("no switches")}`;
      return { labels: [], shots: [], items: null, ...begun(name, model) };
    });
    this.results = [...this.results, ...results];
    this.#ask("shots", results);
  }

  /** A comparison of two wordings is asked for. */
  compare() {
    this.#ask("wordings", [begun("", this.#chosen)]);
  }

  /** @param {Kind} kind @param {Part[]} parts */
  #ask(kind, parts) {
    this.begin();
    this.#id += 1;
    this.#note = this.#loading = "";
    this.#place = this.kind = kind;
    this.parts = parts;
  }

  /** @param {News | null} message @returns {boolean} whether it is news of what is under way */
  isNews(message) {
    return this.isRunning && message?.id === this.#id;
  }

  /** The run comes further or ends. @param {News} message */
  take({ models = {}, pairs = [], ended = false }) {
    for (const [place, found] of Object.entries(models)) Object.assign(this.parts[Number(place)], found);
    this.goOn(!ended);
    if (!ended) return;
    for (const { places: [first, second], shots } of pairs) {
      this.pairs = [...this.pairs, { names: [this.parts[first].name, this.parts[second].name], shots }];
    }
    this.#keepTried();
  }

  /** The loading of the model whose turn it is comes further. @param {string} sentence */
  load(sentence) {
    this.#loading = sentence;
  }

  /** The run is refused or broken off. The results that it has found stay. @param {string} sentence */
  fail(sentence) {
    super.fail(sentence);
    this.#place = this.kind;
    this.#keepTried();
  }

  #keepTried() {
    this.results = this.results.filter(({ done }) => done > 0);
  }

  /** Something is wrong in the fold of this kind. @param {string} sentence  "" for nothing @param {Kind} kind */
  say(sentence, kind = "shots") {
    this.#place = kind;
    super.say(sentence);
  }

  /** The reader clears the results. */
  clear() {
    this.pairs = [];
    this.results = this.isRunning ? this.results.filter((result) => this.parts.includes(result)) : [];
    if (this.results.length) return;
    this.#number = 0;
    if (this.kind === "shots" && !this.isRunning) this.parts = [];
  }
}

/** @param {string} name @param {string} model @returns {Part} */
const begun = (name, model) => ({ name, model, done: 0, total: 0, seconds_left: null, is_loading: false, ended: false });
