/** Shows one line above the tokens: the step in view, how the text ended, whether it loops, and its speed. */

import { make, setText } from "../common/dom.js";
import { count, fixed, t } from "../common/language.js";
import { loops, score, stopReason } from "../common/words.js";
import { setTextWith, term } from "../glossary/term.js";

export class StatusLine {
  /**
   * @param {HTMLElement} deed  the element that shows the result of the last export
   * @param {HTMLElement} note  what else there is to say about the text
   */
  constructor(deed, note) {
    this.place = make("span");
    this.ending = make("span");
    this.ending.role = "status";
    this.loop = make("strong");
    this.loop.role = "status";
    this.scores = [
      term("stop string", t("stop string")), term("window", t("window")), term("log-probability", t("log-probability")), term("nats", t("nats")),
      term("perplexity", t("perplexity")),
    ];
    this.loops = [term("loops", t("loops"))];
    this.speed = make("span", "pg-speed");
    const facts = make("span", "pg-status-facts", this.place, this.ending, this.loop, note);
    this.element = make("div", "pg-status", facts, deed, this.speed);
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {number | null} index  the index of the step in view, below 0 for a token of the prompt
   */
  show(trace, index) {
    const { waiting, reading, stop_reason, loop, first_token_seconds, tokens_per_second } = trace.latest;
    const all = index < 0 ? trace.header.prompt_ids.length : trace.steps.length;
    const place = index === null ? "" : t("{step} of {all}", { step: trace.nameOf(index), all });
    const before = stop_reason ? "" : beforeFirst(waiting, reading);
    this.element.toggleAttribute("data-waits", before !== ""); // then also the simple face shows the line
    setText(this.place, before || place);
    const isScored = stop_reason === "scored" && trace.score;
    const ending = stopReason(stop_reason);
    setTextWith(this.ending, isScored ? t("{ending}: {score}", { ending, score: score(trace.score) }) : ending, this.scores);
    setTextWith(this.loop, loop ? loops(loop) : "", this.loops);
    const speed = [];
    if (first_token_seconds !== null) speed.push(t("first token {seconds} s", { seconds: fixed(first_token_seconds, 2) }));
    if (tokens_per_second !== null) speed.push(t("{number} tokens/s", { number: fixed(tokens_per_second, 1) }));
    setText(this.speed, speed.join(" · "));
    this.speed.title = this.speed.textContent;
  }
}

/** Says where a text is that has no step yet; empty for one that has. */
function beforeFirst(waiting, reading) {
  if (waiting !== null) return t("place {place} in line", { place: waiting });
  return reading ? t("reading the text: {read} of {tokens} tokens", { read: count(reading.read), tokens: count(reading.tokens) }) : "";
}
