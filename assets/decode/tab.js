/**
 * The Decode tab: holds what is in view (a trace, a step of it, the settings) and joins the server's messages, the
 * sliders and the reader's choices to the token strip and the step view.
 */

import { MODEL } from "./chain.js";
import { reshape } from "../distribution/distribution.js";
import { make, setText } from "../common/dom.js";
import { Replay } from "./replay.js";
import { RowReader } from "../common/row_reader.js";
import { fetchPrompt, fetchTrace, fetchVocabulary } from "../common/server.js";
import { stagesInForce, through, usable } from "../distribution/settings.js";
import { StepView } from "./step_view.js";
import * as textbook from "./textbook.js";
import { SurpriseLines } from "./surprise_lines.js";
import { TokenStrip } from "./token_strip.js";
import { isGiven, Trace } from "../common/trace.js";
import { tellInView } from "../common/views.js";
import { capital, count, loops, percent, score, stopReason } from "../common/words.js";

const EMPTY = "Write a prompt and press Generate: each token appears here, and under it the ones it was chosen from.";

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  ours to fill
 * @param {{value: import("../common/trace.js").Message | null}} props
 * @param {(event: string, data: object) => void} trigger  tells Python
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, trigger, watch) {
  const tab = new DecodeTab();
  element.replaceChildren(tab.element);
  watch("value", () => tab.receive(props.value));
  if (props.value) tab.receive(props.value);
  if (window.playgroundSettings) tab.applySettings(window.playgroundSettings); // a slider moved before we came

  const life = new AbortController();
  const whileMounted = (listener) => (event) => (element.isConnected ? listener(event) : life.abort());
  document.addEventListener("playground:settings", whileMounted((event) => tab.applySettings(event.detail)), life);
  document.addEventListener("playground:open", whileMounted((event) => tab.open(event.detail)), life);
  addEventListener("resize", whileMounted(() => tab.fit()), life);
  tab.start();
}

class DecodeTab {
  #vocabulary = null; // what to show for each token id, once fetched
  #inbox = []; // messages not yet read
  #isReading = false;
  #rows;
  #trace = null;
  #selected = null; // index of the step in view, below 0 for a token of the prompt
  #follows = true; // whether the newest step is the one to look at
  #said = {}; // by the sliders since the trace began, in place of its own settings
  #aside = null; // {trace, selected, said} while the textbook step is open
  #stage = null; // of the chain: the bars show the distribution after it, if it is in force; null: after all
  #drawn = null; // {trace, step, row} in the step view
  #runError = "";
  #rowError = "";
  #frame = 0;

  constructor() {
    const textOf = (id) => (this.#isTextbook ? textbook.WORDS : this.#vocabulary)[id] ?? `#${id}`;
    this.#rows = new RowReader(
      (traceId, index) => this.#onRow(traceId, index),
      (traceId, index, error) => this.#onRowError(traceId, index, error),
    );
    this.replay = new Replay(() => this.#playNext(), () => this.#rewind());
    this.strip = new TokenStrip(textOf, (index) => this.#turnTo(index), () => this.replay.toggle());
    this.lines = new SurpriseLines(textOf, (index) => this.#turnTo(index));
    this.step = new StepView(textOf, (name) => this.#chooseStage(name), () => this.#draw());
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.place = make("span");
    this.ending = make("span");
    this.ending.role = "status";
    this.loop = make("strong");
    this.loop.role = "status";
    this.loop.title = "The text ends with the same tokens, three times over or more";
    this.speed = make("span", "pg-speed");
    this.status = make("div", "pg-status", this.place, this.ending, this.loop, this.speed);
    this.spoken = make("div", "pg-spoken");
    this.spoken.ariaLive = "polite";
    this.textbook = make("button", "pg-button");
    this.textbook.type = "button";
    this.textbook.addEventListener("click", () => this.#turnTextbook());
    const left = make("span", "pg-replay", ...this.replay.controls, this.textbook);
    this.reading = make("div", "pg-reading", left, this.strip.key, this.spoken);
    this.empty = make("p", "pg-empty", EMPTY);
    this.element = make("div", "pg-root", this.notice, this.empty);
    this.element.append(this.status, this.strip.element, this.reading, this.lines.element, this.step.element);
    this.#showTrace();
  }

  async start() {
    new ResizeObserver(() => this.fit()).observe(this.element);
    try {
      this.#vocabulary = await fetchVocabulary();
    } catch (error) {
      this.#runError = error.message;
      this.#showTrace();
      return;
    }
    this.#read();
  }

  /** @param {import("../common/trace.js").Message} message */
  receive(message) {
    this.#inbox.push(message);
    this.#read();
  }

  /** Shows a trace of another tab's. @param {import("../common/views.js").Place} place */
  async open({ traceId, index }) {
    try {
      this.#begin(await fetchTrace(traceId));
      this.#choose(Math.min(index, this.#trace.steps.length - 1));
    } catch (error) {
      this.#runError = error.message;
      this.#showTrace();
    }
  }

  /** @param {import("../distribution/settings.js").Settings} said  some of the settings, as the sliders have them now */
  applySettings(said) {
    Object.assign(this.#said, usable(said));
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const start = performance.now();
      this.#draw();
      performance.measure("playground:redraw", { start });
    });
  }

  /** Adapts the number of bars to the window. */
  fit() {
    if (this.#drawn && this.step.fit()) this.#draw();
  }

  /** Reads the messages one after the other: one that shows a gap has to wait for the whole trace. */
  async #read() {
    if (this.#isReading || !this.#vocabulary) return;
    this.#isReading = true;
    while (this.#inbox.length) {
      const message = this.#inbox.shift();
      this.#runError = message.error ?? "";
      try {
        await this.#take(message);
      } catch (error) {
        this.#runError = error.message;
      }
      this.#showTrace();
    }
    this.#isReading = false;
  }

  async #take(message) {
    if (this.#trace?.isFollowedBy(message)) this.#goOn(message);
    else if (message.header) this.#begin(message);
    else if (message.error) return; // of a run that never began: what is in view stays
    else await this.#take(await fetchTrace(message.trace_id));
  }

  #goOn(message) {
    const isNews = message.stop_reason === null || message.first + message.steps.length > this.#trace.steps.length;
    if (isNews && !this.#trace.isRunning) this.#follows = true; // a run goes on that had been stopped
    this.#trace.add(message);
  }

  get #isTextbook() {
    return this.#trace?.id === textbook.MESSAGE.trace_id;
  }

  /** Opens the textbook step, or goes back to the text that was in view. */
  #turnTextbook() {
    const aside = this.#aside;
    if (aside) {
      this.#begin({ ...aside.trace.latest, header: aside.trace.header, first: 0, steps: aside.trace.steps });
      this.#selected = aside.selected;
      this.#said = aside.said;
    } else {
      const kept = { trace: this.#trace, selected: this.#selected, said: this.#said };
      this.#rows.put(textbook.MESSAGE.trace_id, 0, textbook.ROW);
      this.#begin(textbook.MESSAGE);
      this.#aside = kept;
    }
    this.#showTrace();
  }

  #begin(message) {
    this.replay.pause();
    this.#aside = null;
    this.#trace = new Trace(message);
    this.#follows = this.#trace.isRunning;
    this.#selected = this.#follows || !this.#trace.steps.length ? null : 0; // a finished text is read from its beginning
    this.#said = {};
    this.#rowError = "";
  }

  /** The reader turns to a step, which ends a replay. */
  #turnTo(index) {
    this.replay.pause();
    this.#choose(index);
  }

  #playNext() {
    const next = this.#selected + 1;
    if (next > this.#trace.last) return false;
    this.#choose(next);
    return next < this.#trace.last;
  }

  #rewind() {
    const { steps, first, last } = this.#trace;
    if (this.#selected === last) this.#choose(steps.length ? 0 : first);
  }

  #choose(index) {
    this.#selected = index;
    this.#follows = index === this.#trace.last;
    this.#rowError = "";
    this.#showTrace();
  }

  /** Choosing a stage again, or the last one in force, goes back to the distribution after all. */
  #chooseStage(name) {
    const { trace } = this.#drawn;
    const last = stagesInForce({ ...trace.header.settings, ...this.#said }).at(-1) ?? MODEL;
    this.#stage = name === this.#stage || name === last ? null : name;
    this.#draw();
  }

  /** Shows everything but the step view, and asks for the row that one needs. */
  #showTrace() {
    const trace = this.#trace;
    setText(this.notice, this.#runError || this.#rowError);
    this.empty.hidden = trace !== null;
    this.status.hidden = this.strip.element.hidden = this.reading.hidden = trace === null;
    this.lines.element.hidden = trace === null || this.#isTextbook;
    if (!trace) return;
    if (!trace.isRunning && !trace.isPromptAsked && !this.#isTextbook) this.#askPrompt(trace);
    const isStreaming = trace.isRunning && this.#follows;
    if (this.#follows && !trace.isRunning && trace.step(trace.last)) this.#selected = trace.last;
    this.replay.button.disabled = this.textbook.disabled = trace.isRunning;
    setText(this.textbook, this.#isTextbook ? "Back to the text" : "Textbook step");
    this.strip.show(trace, this.#selected, this.#follows);
    const target = isStreaming ? trace.last : this.#selected;
    this.step.element.classList.toggle("pg-waiting", target === null || !trace.step(target));
    this.#showStatus();
    if (target === null) return;

    const wanted = isStreaming ? [target] : [target, target + 1, target - 1];
    this.#rows.want(trace.id, wanted.filter((index) => trace.step(index)), isStreaming);
    this.#onRow(trace.id, target);
  }

  /** Asks what the model makes of the prompt's tokens, once the text has ended: no token waits for it. */
  async #askPrompt(trace) {
    trace.isPromptAsked = true;
    try {
      trace.addPrompt(await fetchPrompt(trace.id));
    } catch (error) {
      if (trace === this.#trace) this.#runError = `The prompt's tokens have no numbers. ${error.message}`;
    }
    if (trace !== this.#trace) return;
    if (this.#selected === null && trace.given.length) this.#selected = trace.first;
    this.#showTrace();
  }

  #showStatus() {
    const trace = this.#trace;
    const { waiting, stop_reason, loop, first_token_seconds, tokens_per_second } = trace.latest;
    const index = this.#selected;
    const all = index < 0 ? trace.header.prompt_ids.length : trace.steps.length;
    const place = index === null ? "" : `${trace.nameOf(index)} of ${count(all)}`;
    setText(this.place, waiting === null ? place : `place ${count(waiting)} in line`);
    const whole = stop_reason === "scored" && trace.score ? `: ${score(trace.score)}` : "";
    setText(this.ending, stopReason(stop_reason) + whole);
    setText(this.loop, loop ? loops(loop) : "");
    const speed = [];
    if (first_token_seconds !== null) speed.push(`first token ${first_token_seconds.toFixed(2)} s`);
    if (tokens_per_second !== null) speed.push(`${tokens_per_second.toFixed(1)} tokens/s`);
    setText(this.speed, speed.join(" · "));
    this.lines.show(trace, index);
  }

  /** Brings step `index` into view if it is the one to look at and its row is there. */
  #onRow(traceId, index) {
    const trace = this.#trace;
    if (traceId !== trace.id) return;
    const isNews = this.#follows && trace.isRunning && (this.#selected === null || index > this.#selected);
    const step = trace.step(index);
    const row = step && (isNews || index === this.#selected) ? this.#rows.row(traceId, index) : undefined;
    if (!row) return;
    if (isNews) {
      this.#selected = index;
      this.strip.show(trace, index, true);
      this.#showStatus();
    }
    if (this.#drawn?.row === row) return;
    this.#drawn = { trace, step, row };
    this.#draw();
    if (!this.#isTextbook && !isGiven(step)) tellInView({ traceId, index });
    if (!trace.isRunning) this.#speak(step);
  }

  /** For screen readers: which step is in view now. A text that is still growing is not read out token by token. */
  #speak(step) {
    const text = this.step.textOf(step.token_id);
    setText(this.spoken, `${capital(this.#trace.nameOf(step.index))}: ${text}, probability ${percent(step.probability)}`);
  }

  #onRowError(traceId, index, error) {
    const trace = this.#trace;
    const isInView = index === this.#selected || (this.#follows && trace.isRunning);
    if (traceId !== trace.id || !isInView) return;
    this.#drawn = null;
    this.step.element.hidden = true;
    this.#rowError = `The ${trace.nameOf(index)} cannot be shown. ${error.message}`;
    setText(this.notice, this.#runError || this.#rowError);
  }

  /** Draws the step in view under the settings in view. */
  #draw() {
    if (!this.#drawn) return;
    const { trace, step, row } = this.#drawn;
    const settings = { ...trace.header.settings, ...this.#said };
    const ids = trace.idsBefore(step.index);
    const shape = reshape(row, ids, settings);
    const inForce = [MODEL, ...stagesInForce(settings)];
    const stage = inForce.includes(this.#stage) ? this.#stage : inForce.at(-1);
    const seen = stage === inForce.at(-1) ? shape : reshape(row, ids, through(settings, stage));
    this.step.show(trace, step, row, shape, settings, seen, stage);
  }
}
