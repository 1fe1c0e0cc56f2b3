/** Shows the tokens of a column's completion, shaded by probability. One can be chosen. Knows traces, not columns. */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { SHADINGS } from "../common/shading.js";
import { isStart } from "../common/word_breaks.js";
import { TokenChoice } from "../common/token_choice.js";

let lists = 0; // number of lists so far, from which each gets its own ids

export class Answer {
  #textOf;
  #choice;
  #options = [];

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {(index: number) => void} onChoose  called when the reader chooses a step
   */
  constructor(textOf, onChoose) {
    this.#textOf = textOf;
    this.list = make("span", "pg-prompts-answer-list");
    this.list.ariaLabel = t("Completion");
    this.said = make("span", "pg-muted");
    this.element = make("div", "pg-prompts-answer", this.said, this.list);
    lists += 1;
    this.#choice = new TokenChoice(this.list, this.element, `pg-prompts-answer-${lists}`, onChoose);
  }

  /** Removes the tokens. @param {string} said  the text to show in their place */
  clear(said) {
    this.#choice.clear();
    this.#options = [];
    this.list.replaceChildren();
    this.list.hidden = true;
    this.said.textContent = said;
    this.element.scrollTop = 0;
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {number} selected  the index of the step in view, which the text need not have
   * @param {boolean} follows  whether the end stays in view instead of the selected step
   */
  show(trace, selected, follows) {
    for (const step of trace.steps.slice(this.#options.length)) this.#append(step);
    this.list.hidden = this.#options.length === 0;
    if (this.list.hidden) return;
    if (this.#options[selected]) this.#choice.mark(selected);
    else this.#choice.unmark();
    this.#choice.scrollTo(this.#options[follows ? trace.last : Math.min(selected, trace.last)]);
  }

  #append(step) {
    const text = this.#textOf(step.token_id);
    const option = make("span", "pg-token", text);
    option.dataset.shade = String(SHADINGS.probability.shade(step));
    const facts = Object.values(SHADINGS).flatMap(({ words }) => words?.(step) ?? []);
    option.title = t("step {step}: {facts}", { step: step.index + 1, facts: facts.join(", ") });
    this.#options.push(option);
    this.#choice.add(option, step.index);
    this.list.append(...(isStart(text) ? [make("wbr")] : []), option, ...(text.includes("⏎") ? [document.createElement("br")] : []));
  }
}
