/**
 * What the Compare prompts tab holds: the columns, the edition of their prompts, the run, and what is said about them.
 * Named actions change it, and what follows from it is computed. Does not know the page or the server.
 *
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./prompt_view.js").Answered} Answered
 * @typedef {import("../distribution/settings.js").Settings} Settings
 *
 * @typedef {object} News  of the run with this number
 * @property {number} run
 * @property {Record<string, import("../common/trace.js").Message>} [columns]  the news of each column, by its number
 * @property {string} [error]
 */

import { FailingRun } from "../common/failing_run.js";
import { t } from "../common/language.js";

const MOST_COLUMNS = 4;
const RUNNING = t("running");
const BUSY = t("The model is busy with other texts. Press Run to run these prompts beside them.");

export class State extends FailingRun {
  /** @type {Column[]} */
  columns = [];
  /** @type {number} how many tokens an answer may have */
  room;
  /** @type {Settings} what the sliders have said */
  said = {};
  /** What is said beside the buttons. */
  status = "";
  /** @type {Promise<Answered | null> | null} the prompts of this edition, once the server is asked for them */
  built = null;
  #edition = 0;
  #run = 0; // number of the latest run; a change of the prompts takes a number too, so that no run has it
  #question = 0; // number of the latest question about label words
  #link = 0; // number of the latest link
  /** @type {"opening" | "asked" | null} who wants a run of these prompts: the tab as it opens, or the reader */
  #wanted = "opening";
  #hasBegun = false; // whether the wanted run has begun
  /** Whether the task is evaluated below the columns. */
  isEvaluating = false;

  /** @param {number} room */
  constructor(room) {
    super();
    this.room = room;
  }

  get canAdd() {
    return this.columns.length < MOST_COLUMNS;
  }

  get canRemove() {
    return this.columns.length > 1;
  }

  /** @returns {boolean} whether there is something to stop in this view */
  get canStop() {
    return this.isRunning || this.isEvaluating;
  }

  /** @returns {number} which grows with every change of the prompts */
  get edition() {
    return this.#edition;
  }

  /** @returns {number} the number of the latest run */
  get run() {
    return this.#run;
  }

  /** @returns {boolean} whether the server is asked for the run */
  get hasBegun() {
    return this.#hasBegun;
  }

  /** @returns {boolean} whether only the tab itself wants a run, and it has not begun */
  get isOpening() {
    return this.#wanted === "opening" && !this.#hasBegun;
  }

  /**
   * Returns whether the prompts, once they are there, should run. What the reader asked for runs at any time. The
   * opening prompts run only if the model has nothing else to do.
   *
   * @param {boolean} isBusy  whether the model works on other texts
   */
  shouldBegin(isBusy) {
    return !this.#hasBegun && (this.#wanted === "asked" || (this.#wanted === "opening" && !isBusy));
  }

  /** Returns whether news is about the latest run. @param {News | null} message */
  isNews(message) {
    return message?.run === this.#run;
  }

  /** Returns whether no other question was asked since, and the prompts are the same. @param {number} question */
  isAsked(question) {
    return question === this.#question;
  }

  /** Returns whether no other link was followed since. @param {number} link */
  isLatestLink(link) {
    return link === this.#link;
  }

  /** The reader asks for a run. It begins when the prompts are there, also if the room changes until then. */
  press() {
    super.begin();
    this.#wanted = "asked";
    this.status = RUNNING;
  }

  /** An evaluation of the task begins or ends. @param {boolean} isEvaluating */
  evaluate(isEvaluating) {
    this.isEvaluating = isEvaluating;
  }

  /** Nobody wants the run any more, or its prompts cannot be built. The tab can still open later. */
  giveUp() {
    super.end();
    if (this.#wanted === "asked") this.#wanted = null;
    this.status = "";
  }

  /** The opening prompts do not run, because the model is busy. */
  standBack() {
    this.#wanted = null;
    this.status = BUSY;
  }

  /** @returns {number} the number of a link that is followed from now on */
  follow() {
    this.#link += 1;
    return this.#link;
  }

  /** The reader changes the task or a column. */
  edit() {
    this.#wanted = null;
    this.#leave();
  }

  /** @param {Column} column */
  add(column) {
    this.columns = [...this.columns, column];
    this.edit();
  }

  /** @param {Column} column */
  remove(column) {
    this.columns = this.columns.filter((other) => other !== column);
    this.edit();
  }

  /** A link brings other columns. @param {Column[]} columns @param {number} room */
  restore(columns, room) {
    this.columns = columns;
    this.room = room;
    this.edit();
  }

  /** The room for an answer is another one. A run that was wanted or under way begins again. @param {number} room */
  makeRoom(room) {
    this.room = room;
    this.#leave();
    if (this.#wanted === "asked") this.press();
  }

  /** Leaves the prompts and their run: what is still to come for them is not in time any more. */
  #leave() {
    super.end();
    this.#edition += 1;
    this.#question += 1;
    this.#run += 1;
    this.#hasBegun = false;
    this.built = null;
    this.notice = this.status = "";
  }

  /** @returns {number} the number of a question about label words */
  ask() {
    this.#question += 1;
    return this.#question;
  }

  /** The server is asked for the run, whose number is `run`. */
  begin() {
    super.begin();
    this.#wanted = "asked"; // once begun, the opening run too begins again although the model is busy, with it itself
    this.#hasBegun = true;
    this.#run += 1;
    this.status = RUNNING;
  }

  /** All columns have ended. */
  end() {
    super.end();
    this.#rest();
  }

  /** The run ends with an error. @param {string} sentence */
  fail(sentence) {
    super.fail(sentence);
    this.#rest();
  }

  #rest() {
    this.#wanted = null;
    this.#hasBegun = false;
    this.status = "";
  }
}
