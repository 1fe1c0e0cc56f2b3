/**
 * The Compare settings tab: the form, and a grid's texts, table, chart and "Same seed", updated while results come.
 * Joins the parts to Gradio's messages (see playground/web/messages/grid.py). What it shows is in `state.js`.
 */

import { CUT } from "../common/connection.js";
import { make, setText } from "../common/dom.js";
import { saveCsv, save } from "../common/download.js";
import { ExportMenu } from "../common/export_menu.js";
import { t, tn } from "../common/language.js";
import { Openings } from "../common/openings.js";
import { onRefusal } from "../common/refusals.js";
import { openInDecode } from "../common/views.js";
import { chosenModel } from "../models/models.js";
import { fetchVocabulary, vocabularyOf } from "../models/words.js";
import { GridChart } from "./chart.js";
import { Form } from "./form.js";
import { Luck } from "./luck.js";
import { MeasureTable } from "./measure_table.js";
import { State } from "./state.js";
import { Texts } from "./texts.js";

const EMPTY = t("Press Run. Every row generates a text for each prompt and seed, and the table shows how the rows differ.");

/** Called by gr.HTML's js_on_load. The last argument holds the names of the events that Python listens to. */
export function mount(element, props, trigger, watch, [run, stop, open]) {
  const tab = new CompareTab(
    props.value,
    (asked) => trigger(run, asked),
    () => trigger(stop, {}),
    (asked) => trigger(open, asked),
  );
  element.replaceChildren(tab.element);
  watch("value", () => tab.receive(props.value));
  const refused = (error, event) => tab.receive({ kind: event === open ? "not_opened" : "error", error });
  onRefusal(element, { cut: () => tab.breakOff(), refused });
  document.addEventListener("playground:connection", ({ detail }) => element.isConnected && !detail.isAway && tab.goOn());
  document.addEventListener("playground:model", () => element.isConnected && tab.suit());
  tab.start();
}

const inDecode = (traceId) => openInDecode({ traceId, index: 0 });

class CompareTab {
  #state;
  #lacksWords = false; // whether the vocabulary did not come
  #openings = new Openings();
  #openText;

  /** @param {import("./grid.js").Opening} opening */
  constructor(opening, onRun, onStop, onOpen) {
    const textOf = (id) => vocabularyOf(this.#state.grid?.model)[id] ?? `#${id}`;
    this.#openText = onOpen;
    this.#state = new State(opening);
    const begin = (asked) => {
      this.#state.begin();
      this.#showRun();
      onRun({ ...asked, model: chosenModel() });
    };
    this.form = new Form(opening, this.#state, begin, onStop);
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.advice = make("div", "pg-advice");
    this.table = new MeasureTable(opening.measures, opening.experiment);
    this.chart = new GridChart(opening.measures);
    this.texts = new Texts(textOf, (cell, button) => this.#open(cell, inDecode, button));
    this.luck = new Luck(textOf, (cell, then) => this.#open(cell, then, null));
    this.exports = new ExportMenu([
      { label: t("Table as CSV"), run: () => saveCsv(this.table.rows(), "compare-settings.csv") },
      { label: t("Texts as CSV"), run: () => saveCsv(this.texts.rows(), "compare-settings-texts.csv") },
      { label: t("Everything as JSON"), run: () => this.#saveJson() },
    ]);
    this.empty = make("p", "pg-empty", EMPTY);
    const head = make("div", "pg-compare-head", this.advice, this.exports.element);
    this.results = make(
      "div",
      "pg-compare-results",
      head,
      this.table.element,
      this.chart.element,
      this.luck.element,
      this.texts.element,
    );
    this.results.hidden = true;
    this.element = make("div", "pg-root pg-compare", this.notice, this.form.element, this.empty, this.results);
  }

  async start() {
    try {
      await fetchVocabulary();
    } catch (error) {
      this.#lacksWords = true;
      this.#state.say(error.message);
      this.#showRun();
    }
    this.texts.forget(); // the tokens have their words now
    if (this.#state.grid) this.#showGrid();
  }

  /** The server answers, perhaps again: the vocabulary is fetched if it did not come. */
  goOn() {
    if (!this.#lacksWords) return;
    this.#lacksWords = false;
    this.#state.say("");
    this.#showRun();
    this.start();
  }

  /** Adapts to the chosen model. What is in view stays, with the name of its model. */
  suit() {
    this.form.suit();
    return this.start();
  }

  receive(message) {
    this.goOn();
    const state = this.#state;
    const { kind, error } = message;
    if (kind === "grid") state.take(message);
    else if (kind === "error") state.fail(error);
    else state.say(error ?? "");
    this.#showRun();
    if (kind === "grid" || (kind === "error" && state.grid)) this.#showGrid();
    if (kind === "not_opened") this.#openings.giveUp();
    if (kind === "opened") this.#openings.end(message);
  }

  /** Ends the running grid and the pending openings with an error, because the connection is lost. */
  breakOff() {
    if (this.#state.isRunning) this.receive({ kind: "error", error: CUT });
    if (this.#openings.arePending) this.receive({ kind: "not_opened", error: CUT });
  }

  /** Shows whether a grid runs, how far it has come, and what went wrong. */
  #showRun() {
    setText(this.notice, this.#state.notice);
    this.form.show();
  }

  #showGrid() {
    const { grid } = this.#state;
    this.empty.hidden = true;
    this.results.hidden = false;
    this.advice.replaceChildren(...grid.advice.map((sentence) => make("p", "", sentence)));
    this.table.show(grid);
    this.chart.show(grid);
    this.texts.show(grid);
    this.luck.show(grid);
  }

  /** Asks Python to write a cell's text again with its steps kept. `then` gets the trace's id. */
  #open(cell, then, button) {
    const ticket = this.#openings.begin(then, button);
    const { model, prompts, chat, languages, table } = this.#state.grid;
    const { seed, token_ids } = cell;
    const { settings } = table[cell.row];
    this.#openText({ ticket, model, prompt: prompts[cell.prompt], chat, languages, settings, seed, token_ids });
  }

  #saveJson() {
    const { cells, model, prompts, chat, languages, seeds, table, advice } = this.#state.grid;
    const told = { model, prompts, chat, languages, seeds, table, advice, cells: [...cells.values()] };
    const content = JSON.stringify(told, null, 1);
    save(new Blob([content], { type: "application/json" }), "compare-settings.json");
    return tn("{n} text saved", "{n} texts saved", cells.size);
  }
}
