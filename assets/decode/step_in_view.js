/**
 * Keeps the step view up to date: it fetches the row of the step in view and those beside it, and draws the step under
 * the settings in view. Knows the tab's state; does not know the tab's other parts.
 *
 * @typedef {import("../common/trace.js").Step} Step
 * @typedef {import("../common/trace.js").Trace} Trace
 *
 * @typedef {object} Hooks
 * @property {(id: number) => void} onToken  the reader chooses another token for this step
 * @property {(index: number) => void} onReach  the view moves on to a step of a text that grows
 * @property {(trace: Trace, step: Step) => void} onDrawn  another step is drawn
 * @property {() => void} onError  the row of the step in view cannot be fetched; the state has the sentence
 */

import { RowReader } from "../common/row_reader.js";
import { fetchRow } from "../common/server.js";
import { tellShown } from "../common/shown.js";
import { fetchVocabulary, vocabularyOf } from "../models/words.js";
import { rowOfHead } from "../distribution/row.js";
import { reshape } from "../distribution/distribution.js";
import { t } from "../common/language.js";
import { isInForce, through } from "../distribution/settings.js";
import { isComputing } from "./served_line.js";
import { StepView } from "./step_view.js";

export class StepInView {
  #state;
  #hooks;
  #rows;
  /** What is in the step view. @type {{trace: Trace, step: Step, row: import("../distribution/row.js").Row} | null} */
  #drawn = null;
  /** What the picture shows of it. @type {Omit<import("../common/shown.js").Shown, "words" | "isNewest" | "wanted"> | null} */
  #shown = null;
  #drawAgain = () => this.draw(); // always the same function, so that an answer draws once

  /**
   * @param {import("./state.js").State} state
   * @param {(id: number) => string} textOf
   * @param {Hooks} hooks
   */
  constructor(state, textOf, hooks) {
    this.#state = state;
    this.#hooks = hooks;
    this.#rows = new RowReader(
      (traceId, index) => this.#onRow(traceId, index),
      (traceId, index, error) => this.#onRowError(traceId, index, error),
      async (...asked) => {
        const { words, model } = this.#state.trace.header;
        if (!words) await fetchVocabulary(model); // a row cannot be drawn without its words
        return fetchRow(...asked);
      },
    );
    this.view = new StepView(textOf, (name) => this.#chooseStage(name), () => this.draw(), hooks.onToken);
    this.view.chain.remember("chain");
  }

  /** Returns what is drawn, with the settings in view; null if nothing is. */
  get drawn() {
    return this.#drawn && { ...this.#drawn, settings: this.#settings };
  }

  /** Returns the step that is drawn, and its distribution under the settings in view; null if none is. */
  get inView() {
    if (!this.#drawn) return null;
    const { trace, step, row } = this.#drawn;
    return { step, shape: reshape(row, trace.momentBefore(step.index, this.#drawAgain), this.#settings) };
  }

  /** Gives a row that needs no fetching. @param {import("../distribution/row.js").Row} row */
  put(traceId, index, row) {
    this.#rows.put(traceId, index, row);
  }

  /** Asks for the rows that are needed, and shows the step in view if its row is there. */
  show() {
    const { trace, target, wanted, isStreaming } = this.#state;
    this.view.element.classList.toggle("pg-waiting", target === null || !trace.step(target));
    if (target === null) return this.#tell(); // another text may be in view
    const { opening } = trace.latest;
    if (opening && !this.#rows.row(trace.id, 0)) this.#rows.put(trace.id, 0, rowOfHead(opening.head));
    const isHeadEnough = isStreaming && !isInForce({ ...trace.header.settings, ...this.#state.said }, "constraint"); // any token may be allowed
    this.#rows.want(trace.id, wanted, isStreaming, isHeadEnough);
    this.#onRow(trace.id, target);
    this.#tell(); // the text may have ended
  }

  /** Draws the step in view under the settings in view. If the server computes a stage, what was drawn stays until then. */
  draw() {
    if (!this.#drawn) return;
    const { trace, step, row } = this.#drawn;
    const settings = this.#settings;
    const moment = trace.momentBefore(step.index, this.#drawAgain);
    const shape = reshape(row, moment, settings);
    const stage = this.#state.stageOf(settings);
    const isLast = stage === this.#state.lastStage(settings);
    const seen = isLast ? shape : reshape(row, moment, through(settings, stage));
    const without = this.view.chain.lacking(through(settings, stage));
    const lacking = without && reshape(row, moment, without);
    if (isComputing([shape, seen, lacking])) this.view.served.wait(settings);
    else {
      this.view.show(trace, step, row, shape, settings, seen, stage, lacking);
      this.#shown = { trace, step, shape, settings };
      this.#tell();
    }
  }

  #tell() {
    tellShown("decode", this.#drawn && this.#shown ? { ...this.#shown, ...this.#around(this.#shown.trace) } : null);
  }

  /** What is told beside the step that is drawn. @param {Trace} drawn  its text, which need not be the one in view yet */
  #around({ id, header }) {
    const { trace, selected, isStreaming } = this.#state;
    const wanted = { traceId: trace.id, index: selected };
    return { words: header.words ?? vocabularyOf(header.model), isNewest: isStreaming && trace.id === id, wanted };
  }

  /** Adapts the number of bars to the window. */
  fit() {
    if (this.#drawn && this.view.fit()) this.draw();
  }

  /** The settings in view: those that the step was made with, and what the sliders have said since. */
  get #settings() {
    const { trace, step } = this.#drawn;
    return { ...trace.settingsOf(step), ...this.#state.said };
  }

  #chooseStage(name) {
    this.#state.chooseStage(name, this.#settings);
    this.draw();
  }

  /** Brings step `index` into view if it is the one to look at and its row is there. */
  #onRow(traceId, index) {
    const state = this.#state;
    const { trace } = state;
    if (traceId !== trace.id) return;
    const step = trace.step(index);
    const row = step && state.isDue(index) ? this.#rows.row(traceId, index) : undefined;
    if (!row) return;
    if (index !== state.selected) {
      state.reach(index);
      this.#hooks.onReach(index);
    }
    if (this.#drawn?.row === row) return;
    this.#drawn = { trace, step, row };
    this.draw();
    this.#hooks.onDrawn(trace, step);
  }

  #onRowError(traceId, index, error) {
    const state = this.#state;
    const { trace } = state;
    if (traceId !== trace.id || !(index === state.selected || state.isStreaming)) return;
    this.#drawn = null;
    this.view.element.hidden = true;
    state.rowError = t("The {step} cannot be shown. {error}", { step: trace.nameOf(index), error: error.message });
    this.#hooks.onError();
  }
}
