/**
 * The Decode tab: joins the server's messages, the sliders and the reader's choices to the token strip, the step view
 * and the branches. What it shows is in `state.js`.
 */

import { StripAttention } from "../attention/strip_attention.js";
import { asKnown } from "./as_known.js";
import { Branching } from "./branching.js";
import { CUT } from "../common/connection.js";
import { Further } from "./further.js";
import { Inbox } from "./inbox.js";
import { layOut } from "./layout.js";
import { keepVisit, keptVisit } from "./kept_texts.js";
import { withPageIds } from "../common/known_texts.js";
import { fragmentHere, stepIn } from "./link.js";
import { Notice } from "./notice.js";
import { PromptNote } from "./prompt_note.js";
import { PromptNumbers } from "./prompt_numbers.js";
import { Replay } from "./replay.js";
import { fetchTrace } from "../common/server.js";
import { tellEnded } from "../common/shown.js";
import { Sliders } from "./sliders.js";
import { SourceLine } from "./source_line.js";
import { Spoken } from "./spoken.js";
import { State } from "./state.js";
import { usable } from "../distribution/settings.js";
import { StatusLine } from "./status_line.js";
import { StepInView } from "./step_in_view.js";
import { TakeAway } from "./takeaway.js";
import { TextbookButton } from "./textbook_button.js";
import { SurpriseLines } from "./surprise_lines.js";
import { TokenStrip } from "./token_strip.js";
import { Trace } from "../common/trace.js";
import { tellInView } from "../common/views.js";
import { Watermark } from "./watermark.js";
import { Words } from "./words.js";

export class DecodeTab {
  #state = new State();
  #inbox = new Inbox((message) => this.#read(message));
  #words = new Words();
  #tell;
  #layout;
  #numbers = new PromptNumbers((trace, refusal) => this.#onPrompt(trace, refusal));
  #frame = 0;

  constructor(tell) {
    this.#tell = asKnown(tell);
    const textOf = (id) => this.#words.of(id, this.#state.trace);
    this.replay = new Replay(() => this.#playNext(), () => this.#rewind());
    this.strip = new TokenStrip(textOf, (index) => this.turnTo(index), () => this.replay.toggle());
    this.lines = new SurpriseLines(textOf, (index) => this.turnTo(index));
    this.attention = new StripAttention(this.strip);
    this.watermark = new Watermark(this.#state, this.strip);
    this.source = new SourceLine(textOf, this.strip);
    this.step = new StepInView(this.#state, textOf, {
      onToken: (id) => this.branching.fork({ token_id: id }), onError: () => this.notice.show(),
      onReach: (index) => this.#onReach(index), onDrawn: (trace, step) => this.#onDrawn(trace, step),
    });
    this.#addParts(textOf);
    this.notice = new Notice(this.#state, () => this.strip.list);
    this.#layout = layOut(this);
    this.element = this.#layout.element;
    this.#show();
  }

  /** Makes the parts that write and keep texts. @param {(id: number) => string} textOf */
  #addParts(textOf) {
    const say = (sentence) => this.#refuse(sentence);
    const view = (trace) => this.#bringUp(trace, this.#state.selected ?? 0); // the same step of another text
    this.sliders = new Sliders(() => this.#tell.settings());
    this.branching = new Branching((id, trace) => this.#words.of(id, trace), this.#tell, { place: () => this.#state.place, view, say });
    this.further = new Further(this.#tell, { text: () => this.#state.trace, isRunning: () => this.branching.isRunning, isOther: () => this.prompt.isOther(this.#state.trace), say, onEnd: tellEnded });
    Object.assign(this.step.view.settings, { onAgain: () => this.further.again(), instead: () => this.strip.list });
    this.takeaway = new TakeAway(() => this.step.drawn, textOf, this.step.view.element, this.sliders, (file) => this.showFile(file), say);
    this.textbook = new TextbookButton(this.#state, this.step, this.sliders, () => this.#turnAside());
    this.prompt = new PromptNote(textOf, () => this.further.begin());
    this.status = new StatusLine(this.takeaway.status, this.prompt.element);
    this.spoken = new Spoken(textOf);
  }

  async start() {
    new ResizeObserver(() => this.fit()).observe(this.element);
    if (this.#words.takeFrom(this.#inbox.first) && !keptVisit()) await this.#read(this.#inbox.take()); // it needs no fetching
    const refusal = await this.#words.learn();
    if (refusal) return this.#refuse(refusal);
    await this.#restore();
    await this.#inbox.open();
    this.followLink();
  }

  /** Takes up what the browser kept of an earlier visit, in place of the example. */
  async #restore() {
    const visit = !this.#state.trace && this.#inbox.first?.header && keptVisit();
    if (!visit) return;
    for (const trace of visit.traces) await this.#words.learnOf(trace).catch((error) => this.#refuse(error.message));
    this.branching.restore(visit, this.#inbox.take());
    this.#state.restore(this.branching.trace(visit.inView), visit.index);
    this.#show();
  }

  /** The connection is lost, and what was under way will not go on. */
  breakOff() {
    if (this.branching.breakOff()) this.#state.runError = CUT;
    this.further.ended();
    this.#show();
  }

  /** The server answers again: what could not be had is asked for once more. */
  goOn() {
    if (!this.#words.areAll) return this.start();
    this.#state.rowError = "";
    if (this.#state.runError !== CUT) this.#state.runError = ""; // it was about the connection
    if (this.#state.trace?.given.length === 0) this.#state.trace.isPromptAsked = false;
    this.branching.lookAgain();
    this.#show();
  }

  /** Asks for the text of a link: that of the page's address, if it holds any. */
  followLink(fragment = fragmentHere()) {
    if (!fragment) return;
    this.#state.link(stepIn(fragment));
    this.#tell.link({ fragment });
  }

  /** @param {import("../common/trace.js").Message} message */
  receive(message) {
    this.#inbox.put(withPageIds(message));
  }

  /** Shows a trace of another tab's. @param {import("../common/views.js").Place} place */
  async open({ traceId, index, keepsSliders = false }) {
    try {
      this.#enter(await this.#words.learnOf(this.branching.trace(traceId) ?? new Trace(await fetchTrace(traceId))));
      if (!keepsSliders) this.sliders.follow(this.#state.trace);
      this.#choose(Math.min(index, this.#state.trace.steps.length - 1));
    } catch (error) {
      this.#refuse(error.message);
    }
  }

  /** @param {import("../distribution/settings.js").Settings} said  some of the settings, as the sliders have them now */
  applySettings(said) {
    Object.assign(this.#state.said, usable(said));
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const start = performance.now();
      for (const part of [this.step, this.watermark]) part.draw();
      performance.measure("playground:redraw", { start });
      this.spoken.settings(() => this.step.inView);
    });
  }

  /** The server did not take an event of this tab. @param {string} sentence */
  refused(sentence) {
    this.further.ended();
    this.#refuse(sentence);
  }

  /** Adapts the number of bars to the window. */
  fit() {
    this.step.fit();
  }

  async #read(message) {
    const known = this.branching.trace(message.trace_id);
    const begins = !known || (message.stop_reason === null && !known.isRunning);
    if (message.error || begins) this.#state.runError = message.error ?? ""; // a sentence stays while a text goes on
    try {
      await this.#take(message);
      const landing = this.#state.landing(message.trace_id);
      if (landing !== null) this.turnTo(landing);
    } catch (error) {
      this.#state.runError = error.message;
    }
    this.#show();
    if (message.stop_reason) this.branching.ended(message.trace_id);
    if (message.stop_reason || message.error) this.further.ended(message.error ? undefined : message.trace_id);
  }

  async #take(message) {
    if (message.header && !message.opening) await this.#words.learnOf(message);
    const known = this.branching.trace(message.trace_id);
    if (known && known !== this.#state.trace) known.add(message); // the reader looks at another text meanwhile
    else if (this.#state.trace?.isFollowedBy(message)) {
      this.#state.add(message);
      this.spoken.news(this.#state.trace, message);
    } else if (message.header) this.#enter(new Trace(message));
    else if (message.error) this.#state.link(null); // of a run that never began: what is in view stays
    else await this.#take(await fetchTrace(message.trace_id));
  }

  /** Shows a file that was opened. @param {import("../common/trace.js").Message} message */
  showFile(message) {
    this.#state.runError = "";
    this.#bringUp(new Trace(message), 0);
    this.further.adopt();
    this.#show();
  }

  /** A text came into view that is only looked at, or the one before it came back. */
  #turnAside() {
    this.replay.pause();
    this.#show();
  }

  #enter(trace) {
    this.branching.add(trace);
    this.#view(trace, 0); // a finished text is read from its beginning
  }

  #view(trace, index) {
    this.replay.pause();
    this.sliders.own();
    this.#state.view(trace, index);
  }

  /** Brings a text into view that the reader has chosen, and moves the sliders to its settings. */
  #bringUp(trace, index) {
    this.#view(trace, index);
    this.sliders.follow(trace);
  }

  /** The reader turns to a step, which ends a replay. */
  turnTo(index) {
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

  #refuse(sentence) {
    this.#state.runError = sentence;
    this.#show();
  }

  /** Shows everything but the step view, and asks for the row that one needs. */
  #show() {
    const { trace, selected, follows } = this.#state;
    this.notice.show();
    this.#layout.whenEmpty.hidden = trace !== null;
    this.source.show(trace);
    for (const part of this.#layout.ofText) part.hidden = trace === null;
    if (!trace) return;
    keepVisit(() => this.branching.visit);
    this.#numbers.want(trace);
    this.replay.button.disabled = trace.isRunning;
    this.textbook.show();
    this.branching.show();
    this.strip.show(trace, selected, follows);
    this.#showPlace();
    this.step.show();
  }

  #onPrompt(trace, refusal) {
    if (trace !== this.#state.trace) return;
    if (refusal) this.#state.runError = refusal;
    this.#state.chooseFirst();
    this.#show();
  }

  #showPlace() {
    const { trace, selected } = this.#state;
    this.prompt.show(trace);
    for (const part of [this.status, this.lines]) part.show(trace, selected);
    this.watermark.draw();
  }

  #onReach(index) {
    this.strip.show(this.#state.trace, index, true);
    this.#showPlace();
  }

  #onDrawn(trace, step) {
    this.attention.show(trace, step.index);
    this.source.look(trace, step, this.step.drawn.row);
    if (!trace.header.words) tellInView({ traceId: trace.id, index: step.index });
    this.spoken.step(trace, step);
  }
}
