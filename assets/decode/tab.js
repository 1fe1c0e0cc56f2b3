/**
 * The Decode tab: holds what is in view (a trace, a step of it, the settings) and joins the server's messages, the
 * sliders and the reader's choices to the token strip, the step view and the branches.
 */

import { StripAttention } from "../attention/strip_attention.js";
import { Branching } from "./branching.js";
import { CUT, isConnected } from "../common/connection.js";
import { MODEL } from "./chain.js";
import { reshape } from "../distribution/distribution.js";
import { make, setText } from "../common/dom.js";
import { keepVisit, keptVisit } from "./kept_texts.js";
import { withPageIds } from "../common/known_texts.js";
import { fragmentHere, stepIn } from "./link.js";
import { Replay } from "./replay.js";
import { RowReader } from "../common/row_reader.js";
import { fetchPrompt, fetchTrace, fetchVocabulary } from "../common/server.js";
import { stagesInForce, through, usable } from "../distribution/settings.js";
import { StatusLine } from "./status_line.js";
import { StepView } from "./step_view.js";
import { TakeAway } from "./takeaway.js";
import * as textbook from "./textbook.js";
import { SurpriseLines } from "./surprise_lines.js";
import { TokenStrip } from "./token_strip.js";
import { Trace } from "../common/trace.js";
import { tellInView } from "../common/views.js";
import { capital, origin, percent } from "../common/words.js";

const NO_STEP = "A text goes on from a token that was generated. Choose one of those, or change the prompt.";
const NO_MODEL = "What is in view was not generated here, so nothing can go on with it. Go back to a text first.";
const EMPTY = "Write a prompt and press Generate: each token appears here, and under it the ones it was chosen from.";

export class DecodeTab {
  #vocabulary = null; // what to show for each token id, once fetched
  #inbox = []; // messages not yet read
  #isReading = false;
  #rows;
  #trace = null; // the one in view
  #tell;
  #linked = null; // index of the step that a link wants in view, until its text has ended
  #selected = null; // index of the step in view, below 0 for a token of the prompt
  #follows = true; // whether the newest step is the one to look at
  #said = {}; // by the sliders since the trace began, in place of its own settings
  #aside = null; // {trace, selected, said} while the textbook step is open
  #stage = null; // of the chain: the bars show the distribution after it, if it is in force; null: after all
  #drawn = null; // {trace, step, row} in the step view
  #runError = "";
  #rowError = "";
  #frame = 0;

  constructor(tell) {
    this.#tell = tell;
    const textOf = (id) => (this.#trace?.header.words ?? this.#vocabulary)[id] ?? `#${id}`;
    this.#rows = new RowReader(
      (traceId, index) => this.#onRow(traceId, index),
      (traceId, index, error) => this.#onRowError(traceId, index, error),
    );
    this.replay = new Replay(() => this.#playNext(), () => this.#rewind());
    this.strip = new TokenStrip(textOf, (index) => this.#turnTo(index), () => this.replay.toggle());
    this.lines = new SurpriseLines(textOf, (index) => this.#turnTo(index));
    this.attention = new StripAttention(this.strip);
    const onToken = (id) => this.branching.fork({ token_id: id });
    this.step = new StepView(textOf, (name) => this.#chooseStage(name), () => this.#draw(), onToken);
    this.branching = new Branching(textOf, tell, {
      place: () => this.#place(),
      view: (trace) => this.#view(trace, this.#selected ?? 0), // the same step of another text
      say: (sentence) => {
        this.#runError = sentence;
        this.#showTrace();
      },
    });
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.spoken = make("div", "pg-spoken");
    this.spoken.ariaLive = "polite";
    this.textbook = make("button", "pg-button");
    this.textbook.type = "button";
    this.textbook.addEventListener("click", () => this.#turnTextbook());
    const inView = () => this.#drawn && { ...this.#drawn, settings: this.#settings };
    const onFile = (message) => this.#showFile(message);
    this.takeaway = new TakeAway(inView, textOf, this.step.element, onFile, (sentence) => this.#refuse(sentence));
    this.step.below.append(this.branching.continuation.element);
    const { line, buttons } = this.branching.list;
    this.tools = make("div", "pg-tools", line, buttons, this.lines.toggle, this.takeaway.element);
    const left = make("span", "pg-replay", ...this.replay.controls, this.textbook);
    this.reading = make("div", "pg-reading", left, this.strip.key, this.attention.element, this.spoken);
    this.status = new StatusLine(this.takeaway.status);
    this.empty = make("p", "pg-empty", EMPTY);
    this.element = make("div", "pg-root", this.notice, this.empty);
    this.element.append(this.status.element, this.strip.element, this.reading, this.tools);
    this.element.append(this.branching.element, this.lines.element, this.step.element);
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
    this.#restore();
    await this.#read();
    this.followLink();
  }

  /** Takes up what the browser kept of an earlier visit, in place of the example. */
  #restore() {
    const example = this.#inbox[0];
    const visit = !this.#trace && example?.header && keptVisit(example.header.model);
    if (!visit) return;
    this.#inbox.shift();
    this.branching.restore(visit, example);
    this.#view(this.branching.trace(visit.inView), visit.index);
    this.#showTrace();
  }

  /** The connection is lost, and what was under way will not go on. */
  breakOff() {
    if (this.branching.breakOff()) this.#runError = CUT;
    this.#showTrace();
  }

  /** The server answers again: what could not be had is asked for once more. */
  goOn() {
    if (!this.#vocabulary) return this.start();
    this.#rowError = "";
    if (this.#runError !== CUT) this.#runError = ""; // it was about the connection
    const trace = this.#trace;
    if (trace && !trace.given.length) trace.isPromptAsked = false;
    this.branching.lookAgain();
    this.#showTrace();
  }

  /** Asks for the text that the page's address holds, if it holds any. */
  followLink() {
    const fragment = fragmentHere();
    if (!fragment) return;
    this.#linked = stepIn(fragment);
    this.#tell.link({ fragment });
  }

  /** @param {import("../common/trace.js").Message} message */
  receive(message) {
    this.#inbox.push(withPageIds(message));
    this.#read();
  }

  /** Shows a trace of another tab's. @param {import("../common/views.js").Place} place */
  async open({ traceId, index }) {
    try {
      this.#enter(this.branching.trace(traceId) ?? new Trace(await fetchTrace(traceId)));
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
    try {
      await this.#readAll();
    } finally {
      this.#isReading = false; // or no message would ever be read again
    }
  }

  async #readAll() {
    while (this.#inbox.length) {
      const message = this.#inbox.shift();
      const known = this.branching.trace(message.trace_id);
      const begins = !known || (message.stop_reason === null && !known.isRunning);
      if (message.error || begins) this.#runError = message.error ?? ""; // a sentence stays while a text goes on
      try {
        await this.#take(message);
        this.#land(message);
      } catch (error) {
        this.#runError = error.message;
      }
      this.#showTrace();
      if (message.stop_reason) this.branching.ended(message.trace_id);
    }
  }

  async #take(message) {
    const known = this.branching.trace(message.trace_id);
    if (known && known !== this.#trace) known.add(message); // the reader looks at another text meanwhile
    else if (this.#trace?.isFollowedBy(message)) this.#goOn(message);
    else if (message.header) this.#begin(message);
    else if (message.error) this.#linked = null; // of a run that never began: what is in view stays
    else await this.#take(await fetchTrace(message.trace_id));
  }

  #goOn(message) {
    const isNews = message.stop_reason === null || message.first + message.steps.length > this.#trace.steps.length;
    if (isNews && !this.#trace.isRunning) this.#follows = true; // a run goes on that had been stopped
    this.#trace.add(message);
  }

  /** Turns to the step that a link wants, once its text has ended. */
  #land(message) {
    if (this.#linked === null || message.trace_id !== this.#trace.id || this.#trace.isRunning) return;
    this.#choose(Math.min(this.#linked, this.#trace.last));
    this.#linked = null;
  }

  /** A file that was opened. @param {import("../common/trace.js").Message} message */
  #showFile(message) {
    this.#runError = "";
    this.#view(new Trace(message), 0);
    this.#showTrace();
  }

  #refuse(sentence) {
    this.#runError = sentence;
    setText(this.notice, sentence || this.#rowError);
  }

  get #isTextbook() {
    return this.#trace?.id === textbook.MESSAGE.trace_id;
  }

  /** Opens the textbook step, or goes back to the text that was in view. */
  #turnTextbook() {
    const aside = this.#aside;
    if (aside) {
      this.#view(aside.trace, aside.selected);
      this.#said = aside.said;
    } else {
      const kept = { trace: this.#trace, selected: this.#selected, said: this.#said };
      this.#rows.put(textbook.MESSAGE.trace_id, 0, textbook.ROW);
      this.#view(new Trace(textbook.MESSAGE), 0);
      this.#aside = kept;
    }
    this.#showTrace();
  }

  #begin(message) {
    this.#enter(new Trace(message));
  }

  #enter(trace) {
    this.branching.add(trace);
    this.#view(trace, 0); // a finished text is read from its beginning
  }

  /** Brings a trace into view, at a step unless it is still growing. */
  #view(trace, index) {
    this.replay.pause();
    this.#aside = null;
    this.#trace = trace;
    this.#follows = trace.isRunning;
    const step = Math.min(Math.max(index, trace.first), trace.last);
    this.#selected = !trace.isRunning && trace.step(step) ? step : null; // a scored text has its steps later
    this.#said = {};
    this.#rowError = "";
  }

  /** @returns {import("./branching.js").Place} */
  #place() {
    const trace = this.#trace;
    const settings = { ...trace.settingsOf(trace.step(this.#selected)), ...this.#said };
    if (settings.strategy === "beam") settings.strategy = "greedy"; // what a search found goes on without one
    const refusal = trace.header.words ? NO_MODEL : trace.steps[this.#selected] ? "" : NO_STEP;
    return { trace, index: this.#selected, settings, refusal };
  }

  /** The reader turns to a step, which ends a replay. */
  #turnTo(index) {
    this.#linked = null;
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
    this.takeaway.menu.say("");
    this.#follows = index === this.#trace.last;
    this.#rowError = "";
    this.#showTrace();
  }

  /** Choosing a stage again, or the last one in force, goes back to the distribution after all. */
  #chooseStage(name) {
    const { trace, step } = this.#drawn;
    const last = stagesInForce({ ...trace.settingsOf(step), ...this.#said }).at(-1) ?? MODEL;
    this.#stage = name === this.#stage || name === last ? null : name;
    this.#draw();
  }

  /** Shows everything but the step view, and asks for the row that one needs. */
  #showTrace() {
    const trace = this.#trace;
    setText(this.notice, this.#runError || this.#rowError);
    this.empty.hidden = trace !== null;
    this.status.element.hidden = this.strip.element.hidden = this.reading.hidden = trace === null;
    this.tools.hidden = this.branching.element.hidden = trace === null;
    if (!trace) return;
    keepVisit(() => this.branching.visit);
    const isDue = !trace.isRunning && !trace.isPromptAsked && !trace.header.words;
    if (isDue && isConnected()) this.#askPrompt(trace);
    const isStreaming = trace.isRunning && this.#follows;
    if (this.#follows && !trace.isRunning && trace.step(trace.last)) this.#selected = trace.last;
    this.replay.button.disabled = this.textbook.disabled = trace.isRunning;
    setText(this.textbook, this.#isTextbook ? "Back to the text" : "Textbook step");
    this.branching.show();
    this.strip.show(trace, this.#selected, this.#follows);
    const target = isStreaming ? trace.last : this.#selected;
    this.step.element.classList.toggle("pg-waiting", target === null || !trace.step(target));
    this.#showPlace();
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
      if (trace === this.#trace && isConnected()) this.#runError = `The prompt's tokens have no numbers. ${error.message}`;
    }
    if (trace !== this.#trace) return;
    if (this.#selected === null && trace.given.length) this.#selected = trace.first;
    this.#showTrace();
  }

  #showPlace() {
    this.status.show(this.#trace, this.#selected);
    this.lines.show(this.#trace, this.#selected);
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
      this.#showPlace();
    }
    if (this.#drawn?.row === row) return;
    this.#drawn = { trace, step, row };
    this.#draw();
    this.attention.show(trace.header.words ? null : trace, index);
    if (!trace.header.words) tellInView({ traceId, index });
    if (!trace.isRunning) this.#speak(step);
  }

  /** For screen readers: which step is in view now. A text that is still growing is not read out token by token. */
  #speak(step) {
    const text = this.step.textOf(step.token_id);
    const how = step.forced ? `, ${origin(step)}` : "";
    const name = capital(this.#trace.nameOf(step.index));
    setText(this.spoken, `${name}: ${text}, probability ${percent(step.probability)}${how}`);
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

  /** The ones in view: what the step was made with, and what the sliders have said since. */
  get #settings() {
    return { ...this.#drawn.trace.settingsOf(this.#drawn.step), ...this.#said };
  }

  /** Draws the step in view under the settings in view. */
  #draw() {
    if (!this.#drawn) return;
    const { trace, step, row } = this.#drawn;
    const settings = this.#settings;
    const ids = trace.idsBefore(step.index);
    const shape = reshape(row, ids, settings);
    const inForce = [MODEL, ...stagesInForce(settings)];
    const stage = inForce.includes(this.#stage) ? this.#stage : inForce.at(-1);
    const seen = stage === inForce.at(-1) ? shape : reshape(row, ids, through(settings, stage));
    this.step.show(trace, step, row, shape, settings, seen, stage);
  }
}
