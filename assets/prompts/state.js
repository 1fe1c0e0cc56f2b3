/**
 * What the Compare prompts tab holds: the columns, the edition of their prompts, the run, and what is said about them.
 * Named actions change it, and what follows from it is computed. Does not know the page or the server.
 *
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./prompt_view.js").Built} Built
 *
 * @typedef {object} News  of the run with this number
 * @property {number} run
 * @property {Record<string, import("../common/trace.js").Message>} [columns]  the news of each column, by its number
 * @property {string} [error]
 */

const MOST_COLUMNS = 4;

export class State {
  /** @type {Column[]} */
  columns = [];
  /** @type {number} how many tokens an answer may have */
  room;
  /** @type {import("../distribution/settings.js").Settings} what the sliders have said */
  said = {};
  /** What went wrong. */
  notice = "";
  /** What is said beside the buttons. */
  status = "";
  /** @type {Promise<Built[] | null> | null} the prompts of this edition, once the server is asked for them */
  built = null;
  #edition = 0;
  #run = 0; // number of the latest run; a change of the prompts takes a number too, so that no run has it
  #running = -1; // number of the run that has begun and not ended
  #question = 0; // number of the latest question about label words
  #isOpening = true; // until the first run has ended, or something is edited

  /** @param {number} room */
  constructor(room) {
    this.room = room;
  }

  get isRunning() {
    return this.#running === this.#run;
  }

  /** @returns {boolean} whether the opening prompts should run now */
  get isDueToOpen() {
    return this.#isOpening && !this.isRunning;
  }

  get canAdd() {
    return this.columns.length < MOST_COLUMNS;
  }

  get canRemove() {
    return this.columns.length > 1;
  }

  /** @returns {number} which grows with every change of the prompts */
  get edition() {
    return this.#edition;
  }

  /** @returns {number} the number of the latest run */
  get run() {
    return this.#run;
  }

  /** Returns whether a run of the prompts of an earlier moment may begin. @param {number} edition */
  mayBegin(edition) {
    return edition === this.#edition && !this.isRunning;
  }

  /** Returns whether news is about the latest run. @param {News | null} message */
  isNews(message) {
    return message?.run === this.#run;
  }

  /** Returns whether no other question was asked since, and the prompts are the same. @param {number} question */
  isAsked(question) {
    return question === this.#question;
  }

  /** The reader changes the task or a column. */
  edit() {
    this.#isOpening = false;
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

  /** The room for an answer is another one. The tab opens all the same if it has not done so. @param {number} room */
  makeRoom(room) {
    this.room = room;
    this.#leave();
  }

  /** Leaves the prompts and their run: what is still to come for them is not in time any more. */
  #leave() {
    this.#edition += 1;
    this.#question += 1;
    this.#run += 1;
    this.built = null;
    this.notice = this.status = "";
  }

  /** @returns {number} the number of a question about label words */
  ask() {
    this.#question += 1;
    return this.#question;
  }

  /** @returns {number} the number of the run that begins */
  begin() {
    this.#run += 1;
    this.#running = this.#run;
    this.notice = "";
    this.status = "running";
    return this.#run;
  }

  /** All columns have ended. */
  end() {
    this.#isOpening = false;
    this.#endRun();
  }

  /** The run ends with an error. @param {string} sentence */
  cut(sentence) {
    this.notice = sentence;
    this.#endRun();
  }

  #endRun() {
    this.#running = -1;
    this.status = "";
  }
}
