/**
 * Shows surprisal and entropy over the whole text, prompt included, as two lines and as a table, once a button opens them.
 * A click brings the step into view.
 */

import { make, setText } from "../common/dom.js";
import { closeByEscape } from "../common/focus.js";
import { t, tParts } from "../common/language.js";
import { term } from "../glossary/term.js";
import { bits, count, percent } from "../common/words.js";
import { StepLines } from "./step_lines.js";

const TITLE = t("Surprisal and entropy over the steps");
const COLUMNS = [t("Step"), t("Token"), t("Surprisal"), t("Entropy"), t("Rank"), t("Raw probability")];
const PAUSE_MS = 300; // between two drawings of a growing text

const surprisal = (step) => -Math.log2(step.raw_probability);

export class SurpriseLines {
  #latest = null; // {trace, selected}
  #drawnAt = -Infinity;
  #timer = 0;
  #textOf;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {(index: number) => void} onSelect  called when the reader chooses a step
   */
  constructor(textOf, onSelect) {
    this.#textOf = textOf;
    this.lines = new StepLines(t("Surprisal and entropy over the steps, as lines; the table below has the numbers"), onSelect);
    this.body = make("tbody");
    const heads = COLUMNS.map((name) => make("th", "", name));
    for (const head of heads) head.scope = "col";
    const table = make("table", "pg-table pg-numbers", make("thead", "", make("tr", "", ...heads)), this.body);
    table.role = "table";
    table.ariaLabel = TITLE;
    const scroll = make("div", "pg-scroll", table);
    scroll.tabIndex = 0; // so that the arrow keys can scroll it
    scroll.role = "region";
    scroll.ariaLabel = t("The lines as a table");
    this.table = make("details", "pg-details", make("summary", "", t("The lines as a table")), scroll);
    const words = { surprisal: term("surprisal", t("Surprisal")), entropy: term("entropy", t("entropy")) };
    const title = make("div", "pg-chart-title", ...tParts("{surprisal} and {entropy} over the steps", words));
    this.element = make("section", "pg-lines", title, this.lines.element, this.table);
    this.element.ariaLabel = TITLE;
    this.element.hidden = true;
    /** `toggle` is the button that opens and closes the lines. The caller places it where there is room. */
    this.arrow = make("span");
    this.toggle = make("button", "pg-button", ...tParts("Surprisal {rest}", { rest: make("span", "pg-wide", t("and entropy")) }), this.arrow);
    this.toggle.type = "button";
    this.toggle.ariaLabel = t("Surprisal and entropy");
    this.toggle.addEventListener("click", () => this.#turn());
    this.table.addEventListener("toggle", () => this.#draw());
    closeByEscape([this.element, this.toggle], () => {
      if (this.element.hidden) return null;
      this.#turn();
      return this.toggle;
    });
    this.#tell();
  }

  #turn() {
    this.element.hidden = !this.element.hidden;
    this.#tell();
    this.#draw();
  }

  #tell() {
    this.toggle.ariaExpanded = String(!this.element.hidden);
    setText(this.arrow, this.element.hidden ? " ▾" : " ▴");
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {number | null} selected  the index of the step in view
   */
  show(trace, selected) {
    this.#latest = { trace, selected };
    const rest = trace.isRunning ? this.#drawnAt + PAUSE_MS - performance.now() : 0;
    if (rest <= 0) this.#draw();
    else this.#timer ||= setTimeout(() => this.#draw(), rest);
  }

  #draw() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.element.hidden || !this.#latest) return;
    this.#drawnAt = performance.now();
    const { trace, selected } = this.#latest;
    const steps = [...trace.given, ...trace.steps];
    if (this.table.open) this.body.replaceChildren(...steps.map((step) => this.#row(trace, step)));
    this.lines.show({
      points: steps.map((step) => this.#pointOf(trace, step)),
      selected: selected === null ? null : xOf(trace, selected),
      isMixed: trace.steps.length > 0 && trace.given.length > 0,
      name: trace.steps.length ? t("step") : t("prompt token"),
    });
  }

  /** @returns {import("./step_lines.js").Point} */
  #pointOf(trace, step) {
    const values = {
      step: trace.nameOf(step.index),
      token: this.#textOf(step.token_id),
      surprisal: bits(surprisal(step)),
      entropy: bits(step.entropy_bits),
    };
    const said = t("{step}: {token}, surprisal {surprisal}, entropy {entropy}", values);
    return { index: step.index, x: xOf(trace, step.index), surprisal: surprisal(step), entropy: step.entropy_bits, said };
  }

  #row(trace, step) {
    const { index, token_id, entropy_bits, rank, raw_probability } = step;
    const numbers = [bits(surprisal(step)), bits(entropy_bits), count(rank), percent(raw_probability)];
    const texts = [trace.nameOf(index), this.#textOf(token_id), ...numbers];
    return make("tr", "", ...texts.map((text, column) => make("td", column === 1 ? "pg-token" : "", text)));
  }
}

/**
 * Returns a step's place on the x axis: its number, with the prompt's tokens at 0 and below. In a text without steps it
 * is the number of the prompt's token.
 */
function xOf(trace, index) {
  return index + 1 + (trace.steps.length ? 0 : trace.header.prompt_ids.length);
}
