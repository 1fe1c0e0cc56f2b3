/**
 * The Decode tab: joins the server's messages, the sliders and the reader's choices to the token strip, the step view
 * and the branches. What it shows is in `state.js`.
 */

import { StripAttention } from "../attention/strip_attention.js";
import { Branching } from "./branching.js";
import { CUT, isConnected } from "../common/connection.js";
import { reshape } from "../distribution/distribution.js";
import { make, setText } from "../common/dom.js";
import { Inbox } from "./inbox.js";
import { keepVisit, keptVisit } from "./kept_texts.js";
import { withPageIds } from "../common/known_texts.js";
import { fragmentHere, stepIn } from "./link.js";
import { Replay } from "./replay.js";
import { RowReader } from "../common/row_reader.js";
import { fetchPrompt, fetchTrace, fetchVocabulary } from "../common/server.js";
import { State } from "./state.js";
import { through, usable } from "../distribution/settings.js";
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
  #state = new State();
  #inbox = new Inbox((message) => this.#read(message));
  #vocabulary = null; // what to show for each token id, once fetched
  #rows;
  #tell;
  #drawn = null; // {trace, step, row} in the step view
  #frame = 0;

  constructor(tell) {
    this.#tell = tell;
    const textOf = (id) => (this.#state.trace?.header.words ?? this.#vocabulary)[id] ?? `#${id}`;
    this.#rows = new RowReader(
      (traceId, index) => this.#onRow(traceId, index),
      (traceId, index, error) => this.#onRowError(traceId, index, error),
    );
    const refuse = (sentence) => {
      this.#state.runError = sentence;
      this.#show();
    };
    this.replay = new Replay(() => this.#playNext(), () => this.#rewind());
    this.strip = new TokenStrip(textOf, (index) => this.#turnTo(index), () => this.replay.toggle());
    this.lines = new SurpriseLines(textOf, (index) => this.#turnTo(index));
    this.attention = new StripAttention(this.strip);
    const onToken = (id) => this.branching.fork({ token_id: id });
    this.step = new StepView(textOf, (name) => this.#chooseStage(name), () => this.#draw(), onToken);
    const view = (trace) => this.#view(trace, this.#state.selected ?? 0); // the same step of another text
    this.branching = new Branching(textOf, tell, { place: () => this.#place(), view, say: refuse });
    const inView = () => this.#drawn && { ...this.#drawn, settings: this.#settings };
    const onFile = (message) => this.#showFile(message);
    const say = (sentence) => {
      this.#state.runError = sentence;
      setText(this.notice, this.#state.notice);
    };
    this.takeaway = new TakeAway(inView, textOf, this.step.element, onFile, say);
    this.status = new StatusLine(this.takeaway.status);
    this.#build();
    this.#show();
  }

  /** Puts the parts together. */
  #build() {
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.spoken = make("div", "pg-spoken");
    this.spoken.ariaLive = "polite";
    this.textbook = make("button", "pg-button");
    this.textbook.type = "button";
    this.textbook.addEventListener("click", () => this.#turnTextbook());
    this.step.below.append(this.branching.continuation.element);
    const { line, buttons } = this.branching.list;
    this.tools = make("div", "pg-tools", line, buttons, this.lines.toggle, this.takeaway.element);
    const left = make("span", "pg-replay", ...this.replay.controls, this.textbook);
    this.reading = make("div", "pg-reading", left, this.strip.key, this.attention.element, this.spoken);
    this.empty = make("p", "pg-empty", EMPTY);
    this.element = make("div", "pg-root", this.notice, this.empty);
    this.element.append(this.status.element, this.strip.element, this.reading, this.tools);
    this.element.append(this.branching.element, this.lines.element, this.step.element);
  }

  async start() {
    new ResizeObserver(() => this.fit()).observe(this.element);
    try {
      this.#vocabulary = await fetchVocabulary();
    } catch (error) {
      this.#state.runError = error.message;
      this.#show();
      return;
    }
    this.#restore();
    await this.#inbox.open();
    this.followLink();
  }

  /** Takes up what the browser kept of an earlier visit, in place of the example. */
  #restore() {
    const example = this.#inbox.first;
    const visit = !this.#state.trace && example?.header && keptVisit(example.header.model);
    if (!visit) return;
    this.#inbox.skip();
    this.branching.restore(visit, example);
    this.#view(this.branching.trace(visit.inView), visit.index);
    this.#show();
  }

  /** The connection is lost, and what was under way will not go on. */
  breakOff() {
    if (this.branching.breakOff()) this.#state.runError = CUT;
    this.#show();
  }

  /** The server answers again: what could not be had is asked for once more. */
  goOn() {
    if (!this.#vocabulary) return this.start();
    this.#state.rowError = "";
    if (this.#state.runError !== CUT) this.#state.runError = ""; // it was about the connection
    const { trace } = this.#state;
    if (trace && !trace.given.length) trace.isPromptAsked = false;
    this.branching.lookAgain();
    this.#show();
  }

  /** Asks for the text that the page's address holds, if it holds any. */
  followLink() {
    const fragment = fragmentHere();
    if (!fragment) return;
    this.#state.link(stepIn(fragment));
    this.#tell.link({ fragment });
  }

  /** @param {import("../common/trace.js").Message} message */
  receive(message) {
    this.#inbox.put(withPageIds(message));
  }

  /** Shows a trace of another tab's. @param {import("../common/views.js").Place} place */
  async open({ traceId, index }) {
    try {
      this.#enter(this.branching.trace(traceId) ?? new Trace(await fetchTrace(traceId)));
      this.#choose(Math.min(index, this.#state.trace.steps.length - 1));
    } catch (error) {
      this.#state.runError = error.message;
      this.#show();
    }
  }

  /** @param {import("../distribution/settings.js").Settings} said  some of the settings, as the sliders have them now */
  applySettings(said) {
    Object.assign(this.#state.said, usable(said));
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

  async #read(message) {
    const state = this.#state;
    const known = this.branching.trace(message.trace_id);
    const begins = !known || (message.stop_reason === null && !known.isRunning);
    if (message.error || begins) state.runError = message.error ?? ""; // a sentence stays while a text goes on
    try {
      await this.#take(message);
      const landing = state.landing(message.trace_id);
      if (landing !== null) this.#turnTo(landing);
    } catch (error) {
      state.runError = error.message;
    }
    this.#show();
    if (message.stop_reason) this.branching.ended(message.trace_id);
  }

  async #take(message) {
    const state = this.#state;
    const known = this.branching.trace(message.trace_id);
    if (known && known !== state.trace) known.add(message); // the reader looks at another text meanwhile
    else if (state.trace?.isFollowedBy(message)) state.add(message);
    else if (message.header) this.#enter(new Trace(message));
    else if (message.error) state.link(null); // of a run that never began: what is in view stays
    else await this.#take(await fetchTrace(message.trace_id));
  }

  /** A file that was opened. @param {import("../common/trace.js").Message} message */
  #showFile(message) {
    this.#state.runError = "";
    this.#view(new Trace(message), 0);
    this.#show();
  }

  get #isTextbook() {
    return this.#state.trace?.id === textbook.MESSAGE.trace_id;
  }

  /** Opens the textbook step, or goes back to the text that was in view. */
  #turnTextbook() {
    this.replay.pause();
    if (this.#state.isAside) this.#state.leaveAside();
    else {
      this.#rows.put(textbook.MESSAGE.trace_id, 0, textbook.ROW);
      this.#state.viewAside(new Trace(textbook.MESSAGE));
    }
    this.#show();
  }

  #enter(trace) {
    this.branching.add(trace);
    this.#view(trace, 0); // a finished text is read from its beginning
  }

  #view(trace, index) {
    this.replay.pause();
    this.#state.view(trace, index);
  }

  /** @returns {import("./branching.js").Place} */
  #place() {
    const { trace, selected } = this.#state;
    const settings = this.#state.settingsOf(trace.step(selected));
    if (settings.strategy === "beam") settings.strategy = "greedy"; // what a search found goes on without one
    const refusal = trace.header.words ? NO_MODEL : trace.steps[selected] ? "" : NO_STEP;
    return { trace, index: selected, settings, refusal };
  }

  /** The reader turns to a step, which ends a replay. */
  #turnTo(index) {
    this.#state.link(null);
    this.replay.pause();
    this.#choose(index);
  }

  #playNext() {
    const { trace, selected } = this.#state;
    const next = selected + 1;
    if (next > trace.last) return false;
    this.#choose(next);
    return next < trace.last;
  }

  #rewind() {
    const { trace, selected } = this.#state;
    if (selected === trace.last) this.#choose(trace.steps.length ? 0 : trace.first);
  }

  #choose(index) {
    this.#state.choose(index);
    this.takeaway.menu.say("");
    this.#show();
  }

  #chooseStage(name) {
    this.#state.chooseStage(name, this.#settings);
    this.#draw();
  }

  /** Shows everything but the step view, and asks for the row that one needs. */
  #show() {
    const state = this.#state;
    const { trace, target } = state;
    setText(this.notice, state.notice);
    this.empty.hidden = trace !== null;
    this.status.element.hidden = this.strip.element.hidden = this.reading.hidden = trace === null;
    this.tools.hidden = this.branching.element.hidden = trace === null;
    if (!trace) return;
    keepVisit(() => this.branching.visit);
    const isDue = !trace.isRunning && !trace.isPromptAsked && !trace.header.words;
    if (isDue && isConnected()) this.#askPrompt(trace);
    this.replay.button.disabled = this.textbook.disabled = trace.isRunning;
    setText(this.textbook, this.#isTextbook ? "Back to the text" : "Textbook step");
    this.branching.show();
    this.strip.show(trace, state.selected, state.follows);
    this.step.element.classList.toggle("pg-waiting", target === null || !trace.step(target));
    this.#showPlace();
    if (target === null) return;
    this.#rows.want(trace.id, state.wanted, state.isStreaming);
    this.#onRow(trace.id, target);
  }

  /** Asks what the model makes of the prompt's tokens, once the text has ended: no token waits for it. */
  async #askPrompt(trace) {
    const state = this.#state;
    trace.isPromptAsked = true;
    try {
      trace.addPrompt(await fetchPrompt(trace.id));
    } catch (error) {
      if (trace === state.trace && isConnected()) state.runError = `The prompt's tokens have no numbers. ${error.message}`;
    }
    if (trace !== state.trace) return;
    state.chooseFirst();
    this.#show();
  }

  #showPlace() {
    const { trace, selected } = this.#state;
    this.status.show(trace, selected);
    this.lines.show(trace, selected);
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
    const name = capital(this.#state.trace.nameOf(step.index));
    setText(this.spoken, `${name}: ${text}, probability ${percent(step.probability)}${how}`);
  }

  #onRowError(traceId, index, error) {
    const state = this.#state;
    const { trace } = state;
    if (traceId !== trace.id || !(index === state.selected || state.isStreaming)) return;
    this.#drawn = null;
    this.step.element.hidden = true;
    state.rowError = `The ${trace.nameOf(index)} cannot be shown. ${error.message}`;
    setText(this.notice, state.notice);
  }

  /** The ones in view: what the step was made with, and what the sliders have said since. */
  get #settings() {
    const { trace, step } = this.#drawn;
    return { ...trace.settingsOf(step), ...this.#state.said };
  }

  /** Draws the step in view under the settings in view. */
  #draw() {
    if (!this.#drawn) return;
    const { trace, step, row } = this.#drawn;
    const settings = this.#settings;
    const ids = trace.idsBefore(step.index);
    const shape = reshape(row, ids, settings);
    const stage = this.#state.stageOf(settings);
    const isLast = stage === this.#state.lastStage(settings);
    const seen = isLast ? shape : reshape(row, ids, through(settings, stage));
    this.step.show(trace, step, row, shape, settings, seen, stage);
  }
}
