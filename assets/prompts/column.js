/**
 * One column: its prompt as the model reads it, the context it takes, the completion, and the step view of the first
 * token of the answer. Knows nothing of the other columns.
 */

import { Bars } from "../decode/bars.js";
import { linesOf } from "../decode/lines.js";
import { Draws } from "../decode/ribbon.js";
import { button, make, setText } from "../common/dom.js";
import { fetchLogits, fetchTrace } from "../common/server.js";
import { SHADINGS } from "../common/shading.js";
import { Trace } from "../common/trace.js";
import { openInDecode } from "../common/views.js";
import { percent, plural, stopReason } from "../common/words.js";
import { reshape, sortRow } from "../distribution/distribution.js";
import { Meter } from "./meter.js";

const LINES = 7;
const NO_DRAWS = new Draws();
const ALL = 1_000_000; // shots: as many as there are and fit
const CHOICES = [
  ...Array.from({ length: 9 }, (_, shots) => [plural(shots, "shot"), shots]),
  ["all that fit", ALL],
  ["free prompt", "free"],
];

export class Column {
  #on;
  #trace = null;
  #row = null; // of the first answer token
  #inbox = Promise.resolve();
  #edition = 0;
  #built = null;

  /**
   * @param {{shots: number} | {free: string}} kind
   * @param {{textOf: (id: number) => string, onEdit: () => void, onRemove: () => void, onNews: () => void,
   *   settings: () => object}} on
   */
  constructor(kind, on) {
    this.#on = on;
    this.title = make("h3", "pg-column-title");
    this.choice = make("select", "pg-select", ...CHOICES.map(([text, value]) => option(text, value)));
    this.choice.ariaLabel = "Examples in this column";
    this.choice.value = kind.free === undefined ? kind.shots : "free";
    this.choice.addEventListener("change", () => this.#choose());
    this.remove = button("×", () => on.onRemove(), "pg-button pg-small");
    this.remove.ariaLabel = this.remove.title = "Remove this column";
    this.free = make("textarea", "pg-field");
    this.free.ariaLabel = "Free prompt";
    this.free.rows = 4;
    this.free.value = kind.free ?? "";
    this.free.addEventListener("input", () => on.onEdit());
    this.meter = new Meter();
    this.prompt = make("div", "pg-prompt-tokens");
    this.prompt.tabIndex = 0;
    this.prompt.role = "group";
    this.prompt.ariaLabel = "The prompt as the model reads it";
    this.left = make("p", "pg-left-out");
    this.completion = make("div", "pg-completion");
    this.completion.tabIndex = 0;
    this.completion.role = "group";
    this.completion.ariaLabel = "Completion";
    this.ending = make("span", "pg-ending");
    this.open = button("Open in Decode", () => openInDecode({ traceId: this.#trace.id, index: 0 }), "pg-button");
    this.bars = new Bars(on.textOf, () => this.reshape(), () => {});
    this.bars.room = LINES;
    this.error = make("p", "pg-notice");
    const head = make("header", "pg-column-head", this.title, this.choice, this.remove);
    this.foot = make("div", "pg-column-foot", this.ending, this.open);
    this.element = make(
      "section",
      "pg-column",
      head,
      this.free,
      this.prompt,
      this.meter.element,
      this.left,
      this.error,
      this.completion,
      this.foot,
      this.bars.element,
    );
    this.clear();
    this.#name();
  }

  get kind() {
    return this.choice.value === "free" ? { free: this.free.value } : { shots: Number(this.choice.value) };
  }

  /** What the column is called. */
  get name() {
    const { shots } = this.kind;
    if (shots === undefined) return "Free prompt";
    return ["Zero-shot", "One-shot"][shots] ?? `Few-shot, ${shots === ALL ? "all" : shots}`;
  }

  /** @returns {{step: object, row: object, shape: object, ids: number[]} | null} the first token of the answer */
  get first() {
    if (!this.#row) return null;
    const ids = this.#trace.idsBefore(0);
    const settings = { ...this.#trace.header.settings, ...this.#on.settings() };
    return { step: this.#trace.steps[0], row: this.#row, ids, settings, shape: reshape(this.#row, ids, settings) };
  }

  /** What the prompt and its completion are, to take away. */
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

  /** Takes away what belongs to an earlier prompt. */
  clear() {
    this.element.classList.add("pg-stale");
    this.#built = null;
    this.#forget("Press Run to see what the model writes.");
  }

  /** A run of the prompt shown begins. */
  begin() {
    this.#forget("");
  }

  #forget(said) {
    this.#edition += 1;
    this.#trace = this.#row = null;
    this.completion.replaceChildren(said && make("span", "pg-muted", said));
    setText(this.ending, "");
    setText(this.error, "");
    this.open.disabled = true;
    this.bars.element.classList.add("pg-nothing");
  }

  /**
   * The prompt, as the server built it.
   *
   * @param {{error?: string, ids: number[], parts: object[], left_out: number[]}} built
   * @param {object} room
   */
  show(built, room) {
    this.element.classList.remove("pg-stale");
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

  /** News of this column's trace; a gap is filled from the server. */
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
        this.#showCompletion();
        await this.#readFirst(edition);
      } catch (error) {
        setText(this.error, error.message);
      }
    }
    if (edition === this.#edition) this.#on.onNews();
  }

  async #readFirst(edition) {
    if (this.#row || !this.#trace.steps.length) return;
    const row = sortRow(await fetchLogits(this.#trace.id, 0));
    if (edition !== this.#edition) return;
    this.#row = row;
    this.open.disabled = false;
    this.bars.element.classList.remove("pg-nothing");
    this.reshape();
  }

  /** Draws the first token again under the settings in view. */
  reshape() {
    const first = this.first;
    if (!first) return;
    const { step, shape, settings } = first;
    const title = `First token: ${this.#on.textOf(step.token_id)} ${percent(step.raw_probability)}`;
    this.bars.show(title, linesOf(shape, step.token_id, LINES), step, (name) => settings[name], NO_DRAWS);
  }

  #showCompletion() {
    const { steps, latest } = this.#trace;
    const shown = this.completion.querySelectorAll(".pg-token").length;
    for (const step of steps.slice(shown)) {
      const [chip, ...lineBreak] = this.#chip(step.token_id, "completion", -1);
      chip.dataset.shade = SHADINGS.probability.shade(step);
      chip.title = `step ${step.index + 1}: ${SHADINGS.probability.words(step)}`;
      this.completion.append(chip, ...lineBreak);
    }
    if (!latest.stop_reason) this.completion.scrollTop = this.completion.scrollHeight;
    else this.completion.scrollTop = 0;
    const ended = latest.stop_reason ? `, ${stopReason(latest.stop_reason)}` : "";
    setText(this.ending, `${plural(steps.length, "token")}${ended}`);
  }

  #chip(id, kind, example) {
    const text = this.#on.textOf(id);
    const chip = make("span", "pg-token", text);
    chip.dataset.kind = kind;
    if (kind !== "completion") chip.title = example < 0 ? `${kind}, id ${id}` : `example ${example + 1}, id ${id}`;
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
    setText(this.title, this.name.split(",")[0]);
  }
}

function option(text, value) {
  const element = make("option", "", text);
  element.value = value;
  return element;
}
