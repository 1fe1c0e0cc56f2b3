/**
 * What the Compare models tab holds: the chosen models, the run with its columns, and the step in view, which is the same
 * in all columns. Named actions change it. Does not know the page or the server.
 *
 * @typedef {object} News  of the run with this number
 * @property {number} run
 * @property {Record<string, import("../common/trace.js").Message[]>} [columns]  the news of each column, by its number
 * @property {string} [error]  why the whole run ended
 */

import { FailingRun } from "../common/failing_run.js";
import { t, tn } from "../common/language.js";

export const FEWEST = 2;
export const MOST = 4;

export class State extends FailingRun {
  /** @type {readonly string[]} the names of the models of the next run */
  chosen;
  /** @type {readonly string[]} those of the latest run, a column each */
  models = [];
  /** The index of the step in view. */
  step = 0;
  /** Whether the reader has chosen the step in view. */
  hasLooked = false;
  /** The number of the latest run. */
  run = 0;
  /** What is said beside the buttons while no run is under way. */
  said = "";
  #link = 0; // the number of the latest link
  #ended = new Set();

  /** @param {readonly string[]} names  of all models; the first ones are chosen */
  constructor(names) {
    super();
    this.chosen = names.slice(0, FEWEST);
  }

  get canRun() {
    return !this.isRunning && this.hasEnough;
  }

  /** @returns {boolean} whether as many models are chosen as a comparison needs */
  get hasEnough() {
    return this.chosen.length >= FEWEST;
  }

  /** @param {string} name @returns {boolean} whether the reader may choose the model, or leave it out */
  canChoose(name) {
    return this.chosen.includes(name) || this.chosen.length < MOST;
  }

  /** @param {readonly string[]} names  the models of the next run, of which it takes as many as it may have */
  choose(names) {
    this.chosen = names.slice(0, MOST);
  }

  /** A run of the chosen models is asked for. */
  begin() {
    super.begin();
    this.models = this.chosen;
    this.run += 1;
    this.step = 0;
    this.hasLooked = false;
    this.said = "";
    this.#ended.clear();
  }

  /** @returns {string} what is said beside the buttons */
  get status() {
    if (this.isRunning) return t("running");
    const missing = FEWEST - this.chosen.length;
    return missing > 0 ? tn("Choose {n} more model.", "Choose {n} more models.", missing) : this.said;
  }

  /** @param {string} sentence  about what stands on the page, until the next run begins */
  tell(sentence) {
    this.said = sentence;
  }

  /** @returns {number} the number of a link that is followed from now on */
  follow() {
    this.#link += 1;
    return this.#link;
  }

  /** Returns whether no other link was followed since. @param {number} link */
  isLatestLink(link) {
    return link === this.#link;
  }

  /** @param {News | null} message @returns {boolean} whether it is about the latest run */
  isNews(message) {
    return message?.run === this.run;
  }

  /** A column has ended. After the last one the run is over. @param {number} place */
  endColumn(place) {
    this.#ended.add(place);
    if (this.#ended.size === this.models.length) super.end();
  }

  /** @param {number} step  the step in view from now on */
  look(step) {
    this.step = step;
    this.hasLooked = true;
  }
}
