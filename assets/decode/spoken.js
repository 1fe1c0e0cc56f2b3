/**
 * One polite region for screen readers: the step in view, the finished text once, and what a moved slider changed.
 * Knows traces and distributions, not the page.
 */

import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { isGiven } from "../common/trace.js";
import { capital, origin, percent } from "../common/words.js";

const PAUSE_MS = 600; // after a slider's last movement

export class Spoken {
  #textOf;
  #timer = 0;
  #written = 0; // tokens of the run under way
  #told = ""; // identifies the step with which the finished text was told

  /** @param {(id: number) => string} textOf  returns a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    this.element = make("div", "pg-spoken pg-step-spoken");
    this.element.ariaLive = "polite";
  }

  /**
   * The step in view. A text that is still growing is not read out token by token.
   *
   * @param {import("../common/trace.js").Trace} trace @param {import("../common/trace.js").Step} step
   */
  step(trace, step) {
    if (trace.isRunning || this.#told === keyOf(trace, step.index)) return;
    this.#told = "";
    clearTimeout(this.#timer); // what the reader did last is told
    const told = { step: trace.nameOf(step.index), token: this.#textOf(step.token_id), share: percent(step.probability) };
    const isOther = step.forced; // not chosen as the settings choose
    this.#say(capital(isOther ? t("{step}: {token}, probability {share}, {origin}", { ...told, origin: origin(step) }) : t("{step}: {token}, probability {share}", told)));
  }

  /**
   * News of the text in view. A text of several tokens is read out when it ends; a single token is read as a step.
   *
   * @param {import("../common/trace.js").Trace} trace  with the news in it @param {import("../common/trace.js").Message} message
   */
  news(trace, message) {
    if (!message.header) this.#written += message.steps.length;
    if (trace.isRunning) return;
    const written = this.#written;
    this.#written = 0;
    if (written < 2) return;
    this.#told = keyOf(trace, trace.last);
    const tokens = trace.steps.map(({ token_id }) => this.#textOf(token_id)).join("");
    const text = tokens.replaceAll("·", " ").replaceAll("⏎", "\n").trim();
    this.#say(tn("The text has {n} token: {text}", "The text has {n} tokens: {text}", trace.steps.length, { text }));
  }

  /**
   * What the settings in view leave, once the reader has stopped moving a control.
   *
   * @param {() => {step: import("../common/trace.js").Step, shape: import("../distribution/distribution.js").Distribution} | null} seen
   */
  settings(seen) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const now = seen();
      if (!now) return;
      const { step, shape } = now;
      if (shape.isWaiting) return this.settings(seen); // the server has not answered yet
      const { id, probability } = shape.candidate(shape.order[0]);
      const most = { token: this.#textOf(id), share: percent(probability) };
      const told = isGiven(step) ? t("{token} is expected most, {share}.", most) : t("{token} is the most probable, {share}.", most);
      this.#say(`${told} ${tn("{n} token is kept.", "{n} tokens are kept.", shape.kept)}`);
    }, PAUSE_MS);
  }

  #say(sentence) {
    setText(this.element, sentence);
  }
}

const keyOf = ({ id }, index) => `${id} ${index}`;
