/**
 * The Compare models tab: one prompt on several models, a column each, and two of them compared at the step in view. Joins
 * the parts to Python's messages (see playground/web/panels/compare_models.py). What it holds is in `state.js`.
 */

import { LEGEND } from "../decode/bars.js";
import { promptInSidebar } from "../common/controls.js";
import { button, make, rest, setText } from "../common/dom.js";
import { readText } from "../common/readable.js";
import { scroller } from "../common/scroller.js";
import { plural } from "../common/words.js";
import { usable } from "../distribution/settings.js";
import { namesOfModels } from "../models/models.js";
import { Choice } from "./choice.js";
import { Column } from "./column.js";
import { Pair } from "./pair.js";
import { Scoring } from "./scoring.js";
import { FEWEST, State } from "./state.js";
import { textTokens } from "./texts.js";

const ONE_MODEL =
  "This server has one model. To compare it with a second one, start the playground with one more --model, or with --variant bfloat16 for the same weights in another precision.";
const EMPTY =
  "Press Run. Each model writes a text from the prompt, the settings and the seed of the sidebar. A column shows the text as the model's own tokens, and the step in view is the same in all of them.";

/** @returns {HTMLElement | null} what stands in place of the tab on a server with one model, null if there are more */
export function withOneModel() {
  return namesOfModels().length < FEWEST ? make("div", "pg-root pg-models", make("p", "pg-empty", ONE_MODEL)) : null;
}

export class ModelsTab {
  #state = new State(namesOfModels());
  /** @type {Column[]} */
  #columns = [];
  #said = {};
  #frame = 0;
  #prompt = ""; // of the latest run
  #onRun;
  #onStop;

  /**
   * @param {(asked: object) => void} onRun  asks Python for a run
   * @param {(asked: object) => void} onStop
   */
  constructor(onRun, onStop) {
    this.#onRun = onRun;
    this.#onStop = onStop;
    this.element = make("div", "pg-root pg-models");
    this.choice = new Choice(this.#state, () => this.#show());
    this.run = button("Run", () => this.#press(), "pg-button pg-primary");
    this.stop = button("Stop", () => this.#onStop({ run: this.#state.run }));
    this.status = make("span", "pg-muted");
    this.status.role = "status";
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.empty = make("p", "pg-empty", EMPTY);
    this.place = make("div", "pg-prompts-columns");
    const legend = make("div", "pg-legend", ...LEGEND.map(([key, text]) => make("span", `pg-key ${key}`, text)));
    this.columns = make("div", "pg-models-columns", scroller("The columns", this.place), legend);
    this.pair = new Pair(() => this.#compare());
    this.scoring = new Scoring(namesOfModels(), () => this.#textInView());
    const bar = make("div", "pg-compare-line", this.run, this.stop, this.status);
    this.element.append(this.choice.element, bar, this.notice, this.empty, this.columns, this.pair.element, this.scoring.element);
    this.showModels();
    this.#show();
  }

  /** Shows which models are loaded, which other visitors change too. */
  showModels() {
    this.choice.show();
  }

  /** @param {import("../distribution/settings.js").Settings} said  some of the settings, from the sliders */
  applySettings(said) {
    Object.assign(this.#said, usable(said));
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#look();
    });
  }

  /** @param {import("./state.js").News | null} message */
  receive(message) {
    if (!this.#state.isNews(message)) return;
    if (message.error) return this.breakOff(message.error);
    for (const [place, news] of Object.entries(message.columns)) for (const one of news) this.#columns[Number(place)].receive(one);
  }

  /** Ends the run with an error, because no news of it will come. @param {string} sentence */
  breakOff(sentence) {
    if (!this.#state.isRunning) return;
    this.#state.fail(sentence);
    for (const column of this.#columns) column.leave();
    this.#show();
  }

  #press() {
    if (!this.#state.canRun) return;
    for (const column of this.#columns) column.leave();
    this.#state.begin();
    this.#prompt = promptInSidebar().prompt;
    this.#columns = this.#state.models.map((name, place) => this.#column(name, place));
    this.place.replaceChildren(...this.#columns.map(({ element }) => element));
    this.element.style.setProperty("--pg-count", String(this.#columns.length));
    this.pair.clear();
    this.#show();
    this.#onRun({ run: this.#state.run, models: this.#state.models });
  }

  #column(name, place) {
    const { run } = this.#state;
    return new Column(name, place + 1, {
      onLook: (index) => {
        this.#state.look(index);
        this.#look();
      },
      onNews: () => {
        this.showModels();
        this.#compare();
      },
      onRow: () => this.#compare(),
      onEnd: () => {
        if (run !== this.#state.run) return;
        this.#state.endColumn(place);
        this.#show();
      },
      step: () => this.#state.step,
      follows: () => !this.#state.hasLooked,
      settings: () => this.#said,
    });
  }

  /** Shows the step in view in all columns. */
  #look() {
    for (const column of this.#columns) column.show();
    this.#compare();
  }

  /** Compares two columns, and asks for the rows that this needs. */
  #compare() {
    this.pair.show(this.#columns, this.#state.step);
    this.scoring.show();
    for (const column of this.#columns) {
      const steps = this.pair.stepsOf(column);
      if (!column.isAskedFor(steps)) column.show(steps);
    }
  }

  /** @returns {string | null} the prompt and the text of the first of the compared models, without special tokens */
  #textInView() {
    const [column] = this.pair.pair;
    if (!column) return null;
    return (column.trace.header.conversation ? "" : this.#prompt) + readText(textTokens(column.trace).map(column.textOf));
  }

  #show() {
    const { isRunning, canRun, chosen, models, notice } = this.#state;
    rest(this.run, !canRun);
    rest(this.stop, !isRunning);
    setText(this.notice, notice);
    const missing = chosen.length < FEWEST ? `Choose ${plural(FEWEST - chosen.length, "more model")}.` : "";
    setText(this.status, isRunning ? "running" : missing);
    this.empty.hidden = models.length > 0;
    this.columns.hidden = models.length === 0;
    this.showModels();
    this.scoring.show();
  }
}
