/**
 * What the Decode tab shows: a text, a step of it, the settings, and what went wrong. Named actions change it, and what
 * follows from it is computed. Knows traces; does not know the page or the server.
 *
 * @typedef {import("../common/trace.js").Trace} Trace
 * @typedef {import("../common/trace.js").Message} Message
 * @typedef {import("../distribution/settings.js").Settings} Settings
 */

import { t } from "../common/language.js";
import { isAlone, NEEDS_MODEL } from "../common/recorded.js";
import { stagesInForce } from "../distribution/settings.js";

/** The name of what enters the first stage: the model's own distribution. */
export const MODEL = "model";

const NO_STEP = t("A text can only continue from a generated token. Choose one of those, or change the prompt.");
const NO_MODEL = isAlone
  ? NEEDS_MODEL
  : t("This text was not generated here, so it cannot be continued. Go back to a generated text first.");

export class State {
  /** @type {Trace | null} the text in view */
  trace = null;
  /** Whether the newest step is the one to look at. */
  follows = true;
  /** @type {Settings} what the sliders have said since the text came into view, in place of its own settings */
  said = {};
  /** What went wrong with a run. */
  runError = "";
  /** What went wrong with the step in view. */
  rowError = "";
  #chosen = null; // index of a step
  #stage = null; // of the chain; null: the last one in force
  #linked = null; // index of the step that a link asks for, until its text has ended
  #aside = null; // what was in view before a text that is only looked at

  /** @returns {number | null} index of the step in view; it is below 0 for a token of the prompt */
  get selected() {
    const { trace, follows } = this;
    return follows && trace && !trace.isRunning && trace.step(trace.last) ? trace.last : this.#chosen;
  }

  /** @returns {boolean} whether the view moves on with every token */
  get isStreaming() {
    return this.follows && this.trace?.isRunning === true;
  }

  /** @returns {number | null} index of the step that the view should show, whose row may not be there yet */
  get target() {
    return this.isStreaming ? this.trace.last : this.selected;
  }

  /** @returns {number[]} the index of the step whose row is needed; no row is fetched of a step that nobody looks at */
  get wanted() {
    const target = this.target;
    return this.trace.step(target) ? [target] : [];
  }

  /** @returns {string} */
  get notice() {
    return this.runError || this.rowError;
  }

  /** The reader has closed the notice. */
  dismiss() {
    this.runError = "";
    this.rowError = "";
  }

  /** @returns {boolean} whether the text in view is only looked at, and another one waits */
  get isAside() {
    return this.#aside !== null;
  }

  /** @param {import("../common/trace.js").Step} step @returns {Settings} what it is shown under */
  settingsOf(step) {
    return { ...this.trace.settingsOf(step), ...this.said };
  }

  /** @param {Settings} settings @returns {string} the stage after which the distribution is shown, or MODEL */
  stageOf(settings) {
    return [MODEL, ...stagesInForce(settings)].includes(this.#stage) ? this.#stage : this.lastStage(settings);
  }

  /** @param {Settings} settings @returns {string} the last stage in force, or MODEL */
  lastStage(settings) {
    return stagesInForce(settings).at(-1) ?? MODEL;
  }

  /** @returns {import("./branching.js").Place} where a text that continues the one in view begins */
  get place() {
    const { trace, selected } = this;
    const settings = this.settingsOf(trace.step(selected));
    if (settings.strategy === "beam") settings.strategy = "greedy"; // the result of a search continues without a search
    const refusal = trace.header.words ? NO_MODEL : trace.steps[selected] ? "" : NO_STEP;
    return { trace, index: selected, settings, refusal };
  }

  /** Whether the row of a step is the one to draw next. */
  isDue(index) {
    const isNews = this.isStreaming && (this.selected === null || index > this.selected);
    return isNews || index === this.selected;
  }

  /** Brings a text into view, at a step unless it is still growing. @param {Trace} trace @param {number} index */
  view(trace, index) {
    this.#aside = null;
    this.trace = trace;
    this.follows = trace.isRunning;
    const step = Math.min(Math.max(index, trace.first), trace.last);
    this.#chosen = !trace.isRunning && trace.step(step) ? step : null; // a scored text has its steps later
    this.said = {};
    this.rowError = "";
  }

  /** Brings the text of an earlier visit into view, under what the sliders of that visit told. @param {Trace} trace @param {number} index */
  restore(trace, index) {
    const { said } = this;
    this.view(trace, index);
    this.said = said;
  }

  /** Brings a text into view that is only looked at. @param {Trace} trace */
  viewAside(trace) {
    const aside = { trace: this.trace, selected: this.selected, said: this.said };
    this.view(trace, 0);
    this.#aside = aside;
  }

  /** Goes back to the text that was in view before. */
  leaveAside() {
    const { trace, selected, said } = this.#aside;
    this.view(trace, selected);
    this.said = said;
  }

  /** Adds news to the text in view. @param {Message} message */
  add(message) {
    const { trace } = this;
    const isNews = message.stop_reason === null || message.first + message.steps.length > trace.steps.length;
    if (isNews && !trace.isRunning) this.follows = true; // a run goes on that was stopped
    trace.add(message);
  }

  /** The reader, or a replay, turns to a step. @param {number} index */
  choose(index) {
    this.#chosen = index;
    this.follows = index === this.trace.last;
    this.rowError = "";
  }

  /** A step of a text that grows is drawn. @param {number} index */
  reach(index) {
    this.#chosen = index;
  }

  /** A step is in view where none was, once the prompt's tokens have numbers. */
  chooseFirst() {
    if (this.selected === null && this.trace.given.length) this.#chosen = this.trace.first;
  }

  /** Choosing a stage again, or the last one in force, goes back to the distribution after all. */
  chooseStage(name, settings) {
    this.#stage = name === this.#stage || name === this.lastStage(settings) ? null : name;
  }

  /** A link asks for a step of the text that will come. @param {number | null} index  null: no longer */
  link(index) {
    this.#linked = index;
  }

  /** @param {string} traceId @returns {number | null} the step that a link asked for, once its text has ended */
  landing(traceId) {
    const { trace } = this;
    const isThere = this.#linked !== null && trace?.id === traceId && !trace.isRunning;
    return isThere ? Math.min(this.#linked, trace.last) : null;
  }
}
