/**
 * Shows one model's column: what the model is, its text as its own tokens, and the step in view at a glance. While the
 * model is loaded, the column says how far that is. Does not know the other columns.
 */

import { make, setText } from "../common/dom.js";
import { fixed, t, tn } from "../common/language.js";
import { RowReader } from "../common/row_reader.js";
import { fetchModel, fetchRow, fetchTrace } from "../common/server.js";
import { Trace } from "../common/trace.js";
import { openInDecode } from "../common/views.js";
import { stopReason } from "../common/words.js";
import { reshape } from "../distribution/distribution.js";
import { isWhole } from "../distribution/row.js";
import { setTextWith, term } from "../glossary/term.js";
import { learnModel, modelNamed } from "../models/models.js";
import { fetchVocabulary, vocabularyOf } from "../models/words.js";
import { Answer } from "../prompts/answer.js";
import { Glance } from "../prompts/glance.js";
import { tellLoading } from "../models/waiting.js";

const MOST_BYTES = 12_000_000; // of the rows in each of up to four columns

export class Column {
  /** @type {Trace | null} */
  trace = null;
  #on;
  #rows;
  #inbox = Promise.resolve();
  #hasNews = false;
  /** @type {import("./caption.js").Seen | null} what is shown of the step in view, null for nothing */
  seen = null;
  #extra = []; // steps whose rows are wanted beside the one in view

  /**
   * @param {string} name  of its model
   * @param {number} number  the column's, from 1
   * @param {object} on  callbacks
   * @param {(index: number) => void} on.onLook  called when the reader chooses a step
   * @param {() => void} on.onNews  called when the text has come further
   * @param {() => void} on.onRow  called when a row has come
   * @param {() => void} on.onAnswer  called when the server has answered what a stage lacked
   * @param {() => void} on.onEnd
   * @param {() => number} on.step  the step in view
   * @param {() => boolean} on.follows  whether the end of a growing text stays in view
   * @param {() => import("../distribution/settings.js").Settings} on.settings  what the sliders say
   */
  constructor(name, number, on) {
    this.name = name;
    this.#on = on;
    this.textOf = (id) => vocabularyOf(name)[id] ?? `#${id}`;
    this.facts = make("p", "pg-muted pg-models-facts");
    this.answer = new Answer(this.textOf, (index) => on.onLook(index));
    this.answer.list.ariaLabel = t("Text of {model}", { model: name });
    this.answer.clear("");
    this.answer.said.role = "status";
    this.ending = make("p", "pg-prompts-ending");
    this.terms = [term("window")];
    this.glance = new Glance(this.textOf, () => openInDecode({ traceId: this.trace.id, index: on.step() }));
    this.#rows = new RowReader(
      (_, index) => this.#onRow(index),
      (_, index, error) => index === on.step() && this.glance.refuse(error.message),
      fetchRow,
      MOST_BYTES,
    );
    this.error = make("p", "pg-notice");
    this.error.role = "alert";
    this.title = `${number} ${name}`;
    const title = make("h3", "pg-models-name", this.title);
    this.element = make(
      "section",
      "pg-prompts-column",
      title,
      this.facts,
      this.error,
      this.answer.element,
      this.ending,
      this.glance.element,
    );
    this.element.ariaLabel = name;
    this.#tellFacts();
    tellLoading(name, () => !this.#hasNews, (sentence) => setText(this.answer.said, sentence));
  }

  /** @returns {boolean} whether nothing more will come */
  get hasEnded() {
    return this.error.textContent !== "" || (this.trace !== null && !this.trace.isRunning);
  }

  /** @returns {import("../distribution/settings.js").Settings} those in view */
  get settings() {
    return { ...this.trace.header.settings, ...this.#on.settings() };
  }

  /** @param {number} index @returns {import("../distribution/row.js").Row | null} the step's row, if all of it is there */
  rowAt(index) {
    const row = this.trace && this.#rows.row(this.trace.id, index);
    return row && isWhole(row) ? row : null;
  }

  /**
   * @param {number} index  a step whose whole row is there
   * @param {boolean} isOwn  whether under the settings of the text, and not under those of the sliders
   */
  shapeAt(index, isOwn = false) {
    const settings = isOwn ? this.trace.settingsOf(this.trace.steps[index]) : this.settings;
    return reshape(this.rowAt(index), this.trace.momentBefore(index, this.#on.onAnswer), settings);
  }

  /** Takes news of this column's text, one after the other. A gap is filled from the server. */
  receive(message) {
    this.leave();
    this.#inbox = this.#inbox.then(() => this.#take(message)).catch((error) => this.refuse(error.message));
  }

  /** Waits for no news any more. */
  leave() {
    this.#hasNews = true;
    setText(this.answer.said, "");
  }

  /** Says why there is no text, or no more of it. @param {string} sentence */
  refuse(sentence) {
    this.leave();
    if (this.trace?.isRunning) this.trace.breakOff();
    setText(this.error, sentence);
    this.#on.onEnd();
  }

  async #take(message) {
    if (message.error) return this.refuse(message.error);
    if (!this.trace) {
      if (!modelNamed(this.name)?.words) learnModel(await fetchModel(this.name));
      learnModel({ ...modelNamed(this.name), loaded: true });
      await fetchVocabulary(this.name);
    }
    if (this.trace?.isFollowedBy(message)) this.trace.add(message);
    else this.trace = new Trace(message.header ? message : await fetchTrace(message.trace_id));
    this.#tellFacts();
    this.show();
    this.#on.onNews();
    if (this.hasEnded) this.#on.onEnd();
  }

  #tellFacts() {
    const { size, dtype } = modelNamed(this.name);
    const speed = this.trace?.latest.tokens_per_second;
    const told = [t("{size} parameters", { size }), dtype];
    if (this.trace) {
      const { prompt_ids, source_ids } = this.trace.header;
      const read = source_ids?.length ? source_ids : prompt_ids;
      told.push(tn("prompt {n} token", "prompt {n} tokens", read.length));
    }
    if (speed) told.push(t("{speed} tokens/s", { speed: fixed(speed, speed < 10 ? 1 : 0) }));
    setText(this.facts, told.join(" · "));
  }

  /** @param {number[]} steps @returns {boolean} whether their rows are wanted already, and no others */
  isAskedFor(steps) {
    return steps.join() === this.#extra.join();
  }

  /** Shows the step in view, and asks for the rows that are needed. @param {number[]} [extra]  further steps */
  show(extra = this.#extra) {
    this.#extra = extra;
    const { trace } = this;
    if (!trace) return;
    const { stop_reason } = trace.latest;
    this.answer.show(trace, this.#on.step(), this.#on.follows() && trace.isRunning);
    const told = [tn("{n} token", "{n} tokens", trace.steps.length), stopReason(stop_reason)];
    setTextWith(this.ending, told.filter(Boolean).join(", "), this.terms);
    const wanted = [this.#on.step(), ...extra].filter((index) => trace.steps[index]);
    this.#rows.want(trace.id, [...new Set(wanted)], false, trace.isRunning);
    this.#draw();
  }

  #onRow(index) {
    if (index === this.#on.step()) this.#draw();
    this.#on.onRow();
  }

  #draw() {
    const { trace } = this;
    const index = this.#on.step();
    const step = trace.steps[index];
    this.seen = null;
    if (!step) {
      const all = tn("This text has {n} token.", "This text has {n} tokens.", trace.steps.length);
      return this.glance.refuse(trace.isRunning ? t("Step {step} is not written yet.", { step: index + 1 }) : all);
    }
    const row = this.#rows.row(trace.id, index);
    if (!row) return;
    const shape = reshape(row, trace.momentBefore(index, this.#on.onAnswer), this.settings);
    if (shape.isWaiting) return; // it is drawn when the server has answered
    this.glance.show(trace, step, shape, this.settings);
    if (shape.kept) this.seen = this.#seenOf(step, shape);
  }

  /** @returns {import("./caption.js").Seen} */
  #seenOf(step, shape) {
    const best = shape.order[shape.stretch[0]];
    return { best: this.textOf(best), probability: shape.probability(best), written: this.textOf(step.token_id) };
  }
}
