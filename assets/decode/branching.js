/**
 * Manages branches on the Decode tab: connects their state, their list, the field to continue with and the comparison
 * to each other, to the server and to the tab, which shows one of them.
 */

import { BranchList } from "./branch_list.js";
import { Branches } from "./branches.js";
import { Comparison } from "./comparison.js";
import { Continuation } from "./continuation.js";
import { sortRow } from "../distribution/distribution.js";
import { make, nearest } from "../common/dom.js";
import { isConnected } from "../common/connection.js";
import { closeByEscape, keepFocus } from "../common/focus.js";
import { startAfresh } from "../common/keeping.js";
import { isTextOf } from "./kept_texts.js";
import { doubt, name } from "../common/known_texts.js";
import { t } from "../common/language.js";
import { fetchLogits } from "../common/server.js";

const RUNNING = t("The text is still being generated. Press Stop first, or wait until it ends.");
const NO_SERVER = t("The server does not answer, so the page cannot be loaded again. Try again when the page is connected.");
const TEXT_FIELD = "textarea, input:not([type=range], [type=radio], [type=checkbox])";

/**
 * @typedef {object} Place  the place that is in view
 * @property {import("../common/trace.js").Trace} trace
 * @property {number} index  the index of the step
 * @property {import("../distribution/settings.js").Settings} settings  the settings that the bars show
 * @property {string} refusal  the sentence why the text cannot be continued here, "" if it can
 */

export class Branching {
  #branches;
  #compared = []; // the two traces' ids
  #tell;
  #tab;

  /**
   * @param {(id: number, trace: import("../common/trace.js").Trace) => string} textOf  returns the text of a trace's token
   * @param {{fork: Function, look: Function, forget: Function}} tell  send messages to Python with the server's ids
   * @param {object} tab
   * @param {() => Place} tab.place
   * @param {(trace: import("../common/trace.js").Trace) => void} tab.view  brings a trace into view
   * @param {(sentence: string) => void} tab.say  shows a refusal; "" removes it
   */
  constructor(textOf, tell, tab) {
    this.#tell = tell;
    this.#tab = tab;
    this.#branches = new Branches((ids) => this.#tell.forget({ trace_ids: ids }));
    this.list = new BranchList(textOf, {
      select: (id) => this.#turn((branches) => branches.select(id)),
      rename: (id, name) => this.#turn((branches) => branches.rename(id, name)),
      remove: (id) => this.#turn((branches) => branches.remove(id)),
      undo: () => this.#turn((branches) => branches.undo()),
      redo: () => this.#turn((branches) => branches.redo()),
      startAfresh: () => (isConnected() ? startAfresh() : tab.say(NO_SERVER)),
      compare: (id) => this.#compare([id, this.#branches.inView.id]),
    });
    this.continuation = new Continuation((text) => this.fork({ text }));
    const rowOf = async (id, index) => sortRow(await fetchLogits(id, index));
    this.comparison = new Comparison(textOf, rowOf, () => this.#closeComparison()?.focus());
    /** The table and the comparison, which the buttons of the list open. */
    this.element = make("div", "pg-branches", this.list.table, this.comparison.element);
    closeByEscape([this.element, this.list.toggle], () => this.#closeLast());
  }

  /**
   * @returns {import("../common/trace.js").Trace | undefined} a trace that is listed, or that undo or redo can bring
   *   back
   */
  trace(id) {
    return this.#branches.trace(id);
  }

  /** @returns {import("./kept_texts.js").Visit} the list and the place in view, to be kept in the browser */
  get visit() {
    return { ...this.#branches.visit, index: this.#tab.place().index };
  }

  /**
   * Restores the list of an earlier visit.
   *
   * @param {import("./kept_texts.js").Visit} visit
   * @param {import("../common/trace.js").Message} example  the only text that the server certainly knows
   */
  restore(visit, example) {
    this.#branches.restore(visit);
    for (const trace of visit.traces) {
      if (isTextOf(trace, example)) name(trace.id, example.trace_id);
      else doubt(trace.id);
    }
    this.lookAgain();
  }

  /** Tells Python again which text is in view, because it may be another process now. */
  lookAgain() {
    const { inView } = this.#branches;
    if (inView) this.#tell.look({ trace_id: inView.id });
  }

  /** Ends all running texts, because the server is gone. @returns {boolean} whether there were any */
  breakOff() {
    const running = this.#branches.visit.traces.filter((trace) => trace.isRunning);
    for (const trace of running) trace.breakOff();
    return running.length > 0;
  }

  /** Lists a trace as the one in view. */
  add(trace) {
    this.#branches.add(trace);
    this.#tell.look({ trace_id: trace.id });
    const { origin } = trace.header;
    if (origin && origin.index < (this.trace(origin.trace_id)?.steps.length ?? Infinity)) this.continuation.clear();
  }

  /** A text that is in view takes the place of the one before it. @param {{former: string, heir: string}} texts */
  supersede({ former, heir }) {
    this.#branches.supersede(former, heir);
    this.show();
  }

  /** Draws the list again after a trace has changed or another one has come into view. */
  show() {
    this.list.show(this.#branches);
  }

  /** Draws the comparison again if the trace is part of it. */
  ended(traceId) {
    if (this.#compared.includes(traceId)) this.#compare(this.#compared);
  }

  /** Asks for a fork that goes on with `what` at the step in view. @param {{token_id: number} | {text: string}} what */
  fork(what) {
    const { trace, index, settings, refusal } = this.#tab.place();
    const sentence = this.#branches.isRunning ? RUNNING : refusal;
    if (!sentence) this.#tell.fork({ trace_id: trace.id, index, settings, ...what }).catch((error) => this.#tab.say(error.message));
    this.#tab.say(sentence);
  }

  /** Handles Ctrl+Z and Ctrl+Shift+Z outside text fields, which have their own undo. */
  onKey(event) {
    const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (!isUndo || nearest(event, TEXT_FIELD) || !this.list.buttons.checkVisibility()) return;
    event.preventDefault();
    if (!this.#branches.isRunning) this.#turn((branches) => (event.shiftKey ? branches.redo() : branches.undo()));
  }

  /** @returns {boolean} whether a text of the list is being generated */
  get isRunning() {
    return this.#branches.isRunning;
  }

  #turn(change) {
    keepFocus(
      this.list.buttons,
      () => {
        change(this.#branches);
        const { inView } = this.#branches;
        if (inView !== this.#tab.place().trace) {
          this.#tell.look({ trace_id: inView.id });
          this.#tab.view(inView);
        }
        this.#tab.say("");
        this.#compare(this.#compared);
      },
      () => this.list.usable,
    );
  }

  /** Closes the comparison, or else the table. @returns {HTMLElement | null} what to focus, null if nothing is open */
  #closeLast() {
    return this.#compared.length ? this.#closeComparison() : this.list.close();
  }

  /** @returns {HTMLElement} what to focus */
  #closeComparison() {
    const [other] = this.#compared;
    this.#compare([]);
    return this.list.compareButton(other) ?? this.list.toggle;
  }

  /** Shows two listed branches side by side. If they are not both listed, hides the comparison. */
  #compare(ids) {
    const sides = this.#branches.list.filter(({ trace }) => ids.includes(trace.id));
    this.#compared = sides.length === 2 ? ids : [];
    if (sides.length !== 2) return this.comparison.hide();
    const nameOf = (branch) => `${branch.number} ${this.list.nameOf(branch)}`;
    this.comparison.show(sides.map((branch) => ({ trace: branch.trace, name: nameOf(branch) })));
  }
}
