/**
 * A strip with the loop of an encoder–decoder, as a lesson draws it: what is computed once, what at the step in view, and
 * what is written. It follows the step in view and moves nothing by itself. A fold holds it.
 */

import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { percent } from "../common/words.js";
import { modelNamed } from "../models/models.js";
import { loopOf, loopSentence } from "./loop.js";

const ROOMY = "(height >= 850px) and (width >= 1200px)"; // a smaller window opens without it, so that the bars stay in sight
let isOpen = null; // as the reader left it, until the page is closed

export class LoopStrip {
  #textOf;

  /** @param {(id: number) => string} textOf  returns a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    this.parts = Object.fromEntries(["source", "tokens", "shape", "reads", "top", "token", "end", "text"].map((name) => [name, part()]));
    const { source, tokens, shape, reads, top, token, end, text } = this.parts;
    this.once = group(t("Once"), source, tokens, shape);
    this.step = group("", reads, top, token);
    this.end = group(t("At the end"), end, text);
    this.said = make("p", "pg-unseen");
    const groups = make("div", "pg-loop-groups", this.once.element, this.step.element, this.end.element);
    groups.ariaHidden = "true"; // the sentence says the same
    this.element = make("details", "pg-loop", make("summary", "", t("The loop: encoder, decoder, softmax, and back")), groups, this.said);
    this.element.open = isOpen ?? matchMedia(ROOMY).matches;
    this.element.addEventListener("toggle", () => (isOpen = this.element.open));
  }

  /**
   * Shows the loop at a step.
   *
   * @param {import("../common/trace.js").Trace} trace
   * @param {import("../common/trace.js").Step} step
   * @param {import("../distribution/row.js").Row} row
   */
  show(trace, step, row) {
    const isHidden = step.index < 0;
    this.element.hidden = isHidden;
    if (isHidden) return;
    const { words, model } = trace.header;
    const loop = loopOf(trace, step, row, this.#textOf, (!words && modelNamed(model)) || {});
    const { source, tokens, shape, reads, top, token, end, text } = this.parts;
    const place = { step: loop.number, steps: loop.of };
    const now = loop.of === null ? t("Every step, here {step}", place) : t("Every step, here {step} of {steps}", place);
    const fate = loop.isGiven ? t("given") : t("chosen");
    source.tell(t("source text"), loop.source);
    tokens.tell(t("tokenizer"), tn("{n} token", "{n} tokens", loop.tokens));
    shape.tell(t("encoder"), loop.shape);
    setText(this.step.title, now);
    reads.tell(loop.isStart ? t("start token") : t("token fed back"), loop.reads);
    top.tell(t("decoder, softmax"), `${loop.top} ${percent(loop.share)}`);
    token.tell(loop.isEnd ? fate : `${fate} ↺`, loop.token);
    end.tell(t("end token"), loop.isEnd ? loop.token : t("not yet"));
    text.tell(loop.isEnd ? t("text") : t("text so far"), loop.text || t("none"));
    setText(this.said, loopSentence(loop));
  }
}

/** Makes a part of the loop: its name, and below it its value. */
function part() {
  const name = make("span", "pg-muted");
  const value = make("strong");
  const element = make("li", "", name, value);
  /** @param {string} called @param {string} told */
  const tell = (called, told) => {
    setText(name, called);
    setText(value, told);
    element.title = told;
  };
  return { element, tell };
}

/** Makes a frame around parts that are computed equally often. @param {string} called @param {ReturnType<typeof part>[]} parts */
function group(called, ...parts) {
  const title = make("span", "pg-loop-title", called);
  return { title, element: make("div", "pg-loop-group", title, make("ol", "", ...parts.map(({ element }) => element))) };
}
