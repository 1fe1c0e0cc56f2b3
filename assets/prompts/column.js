/**
 * Shows one column: its prompt as the model reads it, the context that it takes, the completion, and one token of it at
 * a glance, which is the first one until the reader chooses another. Does not know the other columns.
 *
 * @typedef {{shots: number, free?: undefined} | {free: string, shots?: undefined}} Kind  how many examples, or the text
 *
 * @typedef {object} Built  a column's prompt as the server built it; after an error nothing else is there
 * @property {string} [error]
 * @property {string} text
 * @property {boolean} templated  whether the chat template is in the text
 * @property {string | null} content_free  the same prompt with an input that says nothing, if the task has labels
 * @property {number[]} ids
 * @property {{kind: string, example: number, tokens: number}[]} parts  `example` is below 0 for a part of another kind
 * @property {number[]} shots  the examples in the prompt, by their places in the task
 * @property {number[]} left_out
 */

import { button, make, setText } from "../common/dom.js";
import { RowReader } from "../common/row_reader.js";
import { fetchLogits, fetchTrace } from "../common/server.js";
import { Trace } from "../common/trace.js";
import { openInDecode } from "../common/views.js";
import { plural, stopReason } from "../common/words.js";
import { reshape } from "../distribution/distribution.js";
import { Answer } from "./answer.js";
import { Glance } from "./glance.js";
import { Meter } from "./meter.js";

const MOST_BYTES = 12_000_000; // for the rows except the first one, in each of up to four columns
const ALL = 1_000_000; // the number of shots that stands for all examples that fit
const CHOICES = [
  ...Array.from({ length: 9 }, (_, shots) => [plural(shots, "shot"), shots]),
  ["all that fit", ALL],
  ["free prompt", "free"],
];

export class Column {
  #on;
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
   * @param {() => void} on.onNews
   * @param {() => void} on.onFirst  called when the answer's first token has its row
   * @param {() => import("../distribution/settings.js").Settings} on.settings
   */
  constructor(kind, on) {
    this.#on = on;
    this.title = make("h3", "pg-prompts-column-title");
    this.choice = make("select", "pg-select", ...CHOICES.map(([text, value]) => option(text, value)));
    this.choice.ariaLabel = "Examples in this column";
    this.choice.value = kind.free === undefined ? String(kind.shots) : "free";
    this.choice.addEventListener("change", () => this.#choose());
    this.remove = button("×", () => on.onRemove(), "pg-button pg-prompts-small");
    this.remove.ariaLabel = this.remove.title = "Remove this column";
    this.free = make("textarea", "pg-prompts-field");
    this.free.ariaLabel = "Free prompt";
    this.free.rows = 4;
    this.free.value = kind.free ?? "";
    this.free.addEventListener("input", () => on.onEdit());
    this.meter = new Meter();
    this.prompt = make("div", "pg-prompts-prompt");
    this.prompt.tabIndex = 0;
    this.prompt.role = "group";
    this.prompt.ariaLabel = "The prompt as the model reads it";
    this.left = make("p", "pg-prompts-left-out");
    this.answer = new Answer(on.textOf, (index) => this.#select(index));
    this.ending = make("p", "pg-prompts-ending");
    this.glance = new Glance(on.textOf, () => openInDecode({ traceId: this.#trace.id, index: this.#selected }));
    this.#rows = new RowReader(
      (traceId, index) => this.#onRow(traceId, index),
      (traceId, index, error) => traceId === this.#trace?.id && index === this.#selected && this.glance.refuse(error.message),
      fetchLogits,
      MOST_BYTES,
    );
    this.error = make("p", "pg-notice");
    const head = make("header", "pg-prompts-column-head", this.title, this.choice, this.remove);
    this.element = make(
      "section",
      "pg-prompts-column",
      head,
      this.free,
      this.prompt,
      this.meter.element,
      this.left,
      this.error,
      this.answer.element,
      this.ending,
      this.glance.element,
    );
    this.clear();
    this.#name();
  }

  /** @returns {Kind} */
  get kind() {
    return this.choice.value === "free" ? { free: this.free.value } : { shots: Number(this.choice.value) };
  }

  /** The column's name. */
  get name() {
    const { shots } = this.kind;
    if (shots === undefined) return "Free prompt";
    return ["Zero-shot", "One-shot"][shots] ?? `Few-shot, ${shots === ALL ? "all" : shots}`;
  }

  /** @returns {import("./same_tokens.js").First | null} the first token of the answer */
  get first() {
    if (!this.#firstRow) return null;
    const shape = () => (this.#firstShape ??= reshape(this.#firstRow, this.#trace.idsBefore(0), this.#settings));
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
    this.remove.disabled = !can;
  }

  /** Removes everything that belongs to an earlier prompt. */
  clear() {
    this.element.classList.add("pg-prompts-stale");
    this.#built = null;
    this.#forget("Press Run to see what the model writes.");
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
    setText(this.ending, "");
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
    this.#built = built.error ? null : built;
    if (built.error) {
      this.prompt.replaceChildren();
      setText(this.left, "");
      return;
    }
    this.meter.show(built.parts, room);
    const chips = [];
    let place = 0;
    for (const { kind, example, tokens } of built.parts) {
      for (const id of built.ids.slice(place, place + tokens)) chips.push(...this.#chip(id, kind, example));
      place += tokens;
    }
    this.prompt.replaceChildren(...chips);
    this.prompt.scrollTop = this.prompt.scrollHeight;
    const names = built.left_out.map((number) => number + 1).join(", ");
    setText(this.left, names && `Left out, for lack of room: example ${names}.`);
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
    const ended = stop_reason ? `, ${stopReason(stop_reason)}` : "";
    setText(this.ending, `${plural(trace.steps.length, "token")}${ended}`);
    const near = trace.isRunning ? [] : [this.#selected + 1, this.#selected - 1];
    const wanted = [0, this.#selected, ...near].filter((index) => trace.steps[index] && !(index === 0 && this.#firstRow));
    this.#rows.want(trace.id, wanted, false);
  }

  #onRow(traceId, index) {
    if (traceId !== this.#trace?.id) return;
    const isFirst = index === 0 && !this.#firstRow;
    if (isFirst) this.#firstRow = this.#rows.row(traceId, 0);
    if (index === this.#selected) this.#draw();
    if (isFirst) this.#on.onFirst();
  }

  /** Draws the glance again, because the settings in view have changed. */
  reshape() {
    this.#firstShape = null;
    this.#draw();
  }

  #draw() {
    const trace = this.#trace;
    const row = trace && (this.#selected === 0 ? this.#firstRow : this.#rows.row(trace.id, this.#selected));
    if (!row) return;
    const settings = this.#settings;
    const shape = this.#selected === 0 ? this.first.shape() : reshape(row, trace.idsBefore(this.#selected), settings);
    this.glance.show(trace, trace.steps[this.#selected], shape, settings);
  }

  #chip(id, kind, example) {
    const text = this.#on.textOf(id);
    const chip = make("span", "pg-token", text);
    chip.dataset.kind = kind;
    chip.title = example < 0 ? `${kind}, id ${id}` : `example ${example + 1}, id ${id}`;
    return text.includes("⏎") ? [chip, document.createElement("br")] : [chip];
  }

  #choose() {
    const isFree = this.choice.value === "free";
    if (isFree && !this.free.value && !this.#built?.templated) this.free.value = this.#built?.text ?? "";
    this.#name();
    this.#on.onEdit();
  }

  #name() {
    this.free.hidden = this.choice.value !== "free";
    this.element.ariaLabel = this.name;
    setText(this.title, this.name.split(",")[0]);
  }
}

function option(text, value) {
  const element = make("option", "", text);
  element.value = value;
  return element;
}
