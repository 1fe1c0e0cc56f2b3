/**
 * Shows one column: its prompt as the model reads it, the context that it takes, the completion, and one token of it at
 * a glance, which is the first one until the reader chooses another. Does not know the other columns.
 *
 * @typedef {import("./kind_choice.js").Kind} Kind
 * @typedef {import("./prompt_view.js").Built} Built
 */

import { button, make, rest, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { RowReader } from "../common/row_reader.js";
import { fetchRow, fetchTrace } from "../common/server.js";
import { Trace } from "../common/trace.js";
import { openInDecode } from "../common/views.js";
import { stopReason } from "../common/words.js";
import { reshape } from "../distribution/distribution.js";
import { isWhole } from "../distribution/row.js";
import { bestAreEnough } from "../distribution/settings.js";
import { namesToCompare } from "../models/models.js";
import { Answer } from "./answer.js";
import { Glance } from "./glance.js";
import { KindChoice } from "./kind_choice.js";
import { PromptView } from "./prompt_view.js";
import { setTextWith, term } from "../glossary/term.js";

const MOST_BYTES = 12_000_000; // for the rows except the first one, in each of up to four columns

export class Column {
  #on;
  /** @type {Trace | null} */
  #trace = null;
  #rows;
  #firstRow = null; // the row of the answer's first token
  #firstShape = null; // its distribution under the settings in view, once asked for
  #selected = 0; // index of the step in view
  #follows = true; // whether the end of a growing text stays in view, until the reader chooses a token
  #inbox = Promise.resolve();
  #edition = 0;
  /** @type {Built | null} */
  #built = null;

  /**
   * @param {Kind} kind
   * @param {object} on  callbacks
   * @param {(id: number) => string} on.textOf
   * @param {() => void} on.onEdit
   * @param {() => void} on.onRemove
   * @param {(built: Built, name: string) => void} on.onBring  called when the reader wants the prompt on several models
   * @param {() => void} on.onNews
   * @param {() => void} on.onTurn  called when the reader folds or unfolds the prompt's examples
   * @param {() => void} on.onFirst  called when the answer's first token has its row, or its whole row
   * @param {() => void} on.onAnswer  called when the server has answered what a stage lacked
   * @param {() => boolean} on.needsWhole  whether the page shows something that depends on whole rows
   * @param {() => import("../distribution/settings.js").Settings} on.settings
   */
  constructor(kind, on) {
    this.#on = on;
    const draft = () => (this.#built?.templated ? "" : (this.#built?.text ?? ""));
    this.choice = new KindChoice(kind, draft, () => {
      this.element.ariaLabel = this.name;
      on.onEdit();
    });
    this.remove = button("×", () => on.onRemove(), "pg-button pg-prompts-small");
    this.remove.ariaLabel = this.remove.title = t("Remove this column");
    this.prompt = new PromptView(on.textOf, on.onTurn);
    this.bring = button(t("Run it on several models"), () => on.onBring(this.#built, this.name), "pg-link pg-prompts-bring");
    this.bring.hidden = namesToCompare().length < 2;
    this.answer = new Answer(on.textOf, (index) => this.#select(index));
    this.ending = make("p", "pg-prompts-ending");
    this.endings = [term("stop string"), term("window")];
    this.glance = new Glance(on.textOf, () => openInDecode({ traceId: this.#trace.id, index: this.#selected }));
    this.#rows = new RowReader(
      (traceId, index) => this.#onRow(traceId, index),
      (traceId, index, error) => traceId === this.#trace?.id && index === this.#selected && this.glance.refuse(error.message),
      fetchRow,
      MOST_BYTES,
    );
    this.error = make("p", "pg-notice");
    const { title, choice, free } = this.choice;
    const head = make("header", "pg-prompts-column-head", title, choice, this.remove);
    this.element = make(
      "section",
      "pg-prompts-column",
      head,
      free,
      ...this.prompt.elements,
      this.bring,
      this.error,
      this.answer.element,
      this.ending,
      this.glance.element,
    );
    this.element.ariaLabel = this.name;
    this.clear();
  }

  /** @returns {Kind} */
  get kind() {
    return this.choice.kind;
  }

  /** The column's name. */
  get name() {
    return this.choice.name;
  }

  /** @returns {import("./same_tokens.js").First | null} the first token of the answer */
  get first() {
    if (!this.#firstRow) return null;
    const shape = () => (this.#firstShape ??= reshape(this.#firstRow, this.#trace.momentBefore(0, this.#on.onAnswer), this.#settings));
    return { step: this.#trace.steps[0], row: this.#firstRow, shape };
  }

  get #settings() {
    return { ...this.#trace.header.settings, ...this.#on.settings() };
  }

  /** The prompt and its completion as a record for export. */
  get record() {
    const ids = this.#trace?.steps.map((step) => step.token_id) ?? [];
    return {
      name: this.name,
      prompt: this.#built?.text ?? "",
      templated: this.#built?.templated ?? false,
      tokens: this.#built?.ids?.length ?? 0,
      left_out: this.#built?.left_out ?? [],
      completion_ids: ids,
      settings: this.#trace?.header.settings ?? null,
      stop_reason: this.#trace?.latest.stop_reason ?? null,
      first_token: this.#trace?.steps[0] ?? null,
    };
  }

  get hasEnded() {
    return this.error.textContent !== "" || (this.#trace !== null && !this.#trace.isRunning);
  }

  /** @param {boolean} can */
  set canBeRemoved(can) {
    rest(this.remove, !can);
  }

  /** Removes everything that belongs to an earlier prompt. */
  clear() {
    this.element.classList.add("pg-prompts-stale");
    this.#build(null);
    this.#forget(t("Press Run to see what the model writes."));
  }

  /** Removes the results of the last run, because a run of the shown prompt begins. */
  begin() {
    this.#forget("");
  }

  #forget(said) {
    this.#edition += 1;
    this.#trace = this.#firstRow = this.#firstShape = null;
    this.#selected = 0;
    this.#follows = true;
    this.answer.clear(said);
    this.glance.clear();
    setTextWith(this.ending, "", this.endings);
    setText(this.error, "");
  }

  /**
   * Shows the prompt as the server built it.
   *
   * @param {Built} built
   * @param {import("./meter.js").Room} room
   */
  show(built, room) {
    this.element.classList.remove("pg-prompts-stale");
    setText(this.error, built.error ?? "");
    this.#build(built.error ? null : built);
    if (built.error) this.prompt.clear();
    else this.prompt.show(built, room);
  }

  /** @param {Built | null} built  the prompt, null while there is none */
  #build(built) {
    this.#built = built;
    rest(this.bring, !built);
  }

  /** Takes news of this column's trace, one message after the other. A gap is filled from the server. */
  receive(message) {
    const edition = this.#edition;
    this.#inbox = this.#inbox.then(() => this.#take(message, edition));
  }

  async #take(message, edition) {
    if (edition !== this.#edition) return;
    if (message.error) {
      setText(this.error, message.error);
    } else {
      try {
        if (this.#trace?.isFollowedBy(message)) this.#trace.add(message);
        else {
          const whole = message.header ? message : await fetchTrace(message.trace_id);
          if (edition !== this.#edition) return;
          this.#trace = new Trace(whole);
        }
        this.#showAnswer();
      } catch (error) {
        setText(this.error, error.message);
      }
    }
    if (edition === this.#edition) this.#on.onNews();
  }

  #select(index) {
    this.#selected = index;
    this.#follows = false;
    this.#showAnswer();
    this.#draw();
  }

  /** Shows everything except the glance, and asks for the row that the glance needs. */
  #showAnswer() {
    const trace = this.#trace;
    const { stop_reason } = trace.latest;
    this.answer.show(trace, this.#selected, this.#follows && trace.isRunning);
    const told = [tn("{n} token", "{n} tokens", trace.steps.length), stopReason(stop_reason)];
    setTextWith(this.ending, told.filter(Boolean).join(", "), this.endings);
    this.want();
  }

  /** Asks for the rows of the first token and of the selected one: of all tokens only where something needs them. */
  want() {
    const trace = this.#trace;
    if (!trace) return;
    const isThere = (index) => index === 0 && this.#firstRow && isWhole(this.#firstRow);
    const wanted = [0, this.#selected].filter((index) => trace.steps[index] && !isThere(index));
    this.#rows.want(trace.id, wanted, false, !this.#on.needsWhole() && bestAreEnough(this.#settings, trace.header.settings));
  }

  #onRow(traceId, index) {
    if (traceId !== this.#trace?.id) return;
    const isFirst = index === 0 && !(this.#firstRow && isWhole(this.#firstRow));
    if (isFirst) this.#firstRow = this.#rows.row(traceId, 0);
    if (isFirst) this.#firstShape = null;
    if (index === this.#selected) this.#draw();
    if (isFirst) this.#on.onFirst();
  }

  /** Draws the glance again, because the settings in view have changed. */
  reshape() {
    this.#firstShape = null;
    this.want();
    this.#draw();
  }

  #draw() {
    const trace = this.#trace;
    const row = trace && (this.#selected === 0 ? this.#firstRow : this.#rows.row(trace.id, this.#selected));
    if (!row) return;
    const settings = this.#settings;
    const shape = this.#selected === 0 ? this.first.shape() : reshape(row, trace.momentBefore(this.#selected, this.#on.onAnswer), settings);
    if (shape.isWaiting) return; // it is drawn when the server has answered
    this.glance.show(trace, trace.steps[this.#selected], shape, settings);
  }
}
