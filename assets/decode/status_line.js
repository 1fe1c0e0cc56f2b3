/** Shows one line above the tokens: the step in view, how the text ended, whether it loops, and its speed. */

import { make, setText } from "../common/dom.js";
import { count, loops, score, stopReason } from "../common/words.js";
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
    this.scores = [term("stop string"), term("window"), term("log-probability"), term("nats"), term("perplexity")];
    this.loops = [term("loops")];
    this.speed = make("span", "pg-speed");
    const facts = make("span", "pg-status-facts", this.place, this.ending, this.loop, note);
    this.element = make("div", "pg-status", facts, deed, this.speed);
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {number | null} index  the index of the step in view, below 0 for a token of the prompt
   */
  show(trace, index) {
    const { waiting, stop_reason, loop, first_token_seconds, tokens_per_second } = trace.latest;
    const all = index < 0 ? trace.header.prompt_ids.length : trace.steps.length;
    const place = index === null ? "" : `${trace.nameOf(index)} of ${count(all)}`;
    this.element.toggleAttribute("data-waits", waiting !== null); // then also the simple face shows the line
    setText(this.place, waiting === null ? place : `place ${count(waiting)} in line`);
    const whole = stop_reason === "scored" && trace.score ? `: ${score(trace.score)}` : "";
    setTextWith(this.ending, stopReason(stop_reason) + whole, this.scores);
    setTextWith(this.loop, loop ? loops(loop) : "", this.loops);
    const speed = [];
    if (first_token_seconds !== null) speed.push(`first token ${first_token_seconds.toFixed(2)} s`);
    if (tokens_per_second !== null) speed.push(`${tokens_per_second.toFixed(1)} tokens/s`);
    setText(this.speed, speed.join(" · "));
    this.speed.title = this.speed.textContent;
  }
}
