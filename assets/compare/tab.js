/**
 * The Compare settings tab: the form, and a grid's texts, table, chart and "The same luck", updated while results come.
 * Joins the parts and knows Gradio's messages (see playground/web/messages/grid.py).
 *
 * @typedef {import("../distribution/settings.js").Settings} Settings
 *
 * @typedef {object} Opening  what the tab needs before anything has run
 * @property {"opening"} kind
 * @property {string} prompt
 * @property {string | null} no_chat  the sentence why there is no chat template, null if there is one
 * @property {Record<string, Settings>} presets
 * @property {{prompts: number, rows: number, seeds: number, new_tokens: number}} limits
 * @property {Measures} measures
 * @property {Experiment} experiment
 *
 * @typedef {Record<string, {label: string, definition: string}>} Measures  the headings, by the measures' names
 *
 * @typedef {object} Experiment  the bundled one, of a paper
 * @property {string[]} prompts
 * @property {number} seeds  how many
 * @property {number} new_tokens
 * @property {string} differences  a sentence
 * @property {Finding[]} paper
 *
 * @typedef {object} Finding  what the paper found under one row of settings
 * @property {string} name
 * @property {Settings} settings
 * @property {number} perplexity
 * @property {number} repetition_percent
 *
 * @typedef {object} Cell  one text of a grid
 * @property {number} prompt  the place of its prompt in the grid
 * @property {number} row  the place of its settings
 * @property {number} seed
 * @property {number[]} token_ids
 * @property {number[]} surprisals_bits  one for each token
 * @property {string} stop_reason
 * @property {{period: number, since: number} | null} loop
 * @property {string | null} error  the sentence why there is no text
 *
 * @typedef {{mean: number, error: number | null}} Estimate  with its standard error, null for one text
 *
 * @typedef {object} Row  a row of settings and what its texts have in common
 * @property {string} name
 * @property {Settings} settings
 * @property {number} texts  how many
 * @property {number} failed  how many have an error instead
 * @property {Record<string, number>} stop_reasons  how many texts ended so
 * @property {Record<string, Estimate | null>} measures
 *
 * @typedef {object} News  of a grid that runs or ended
 * @property {"running" | "done" | "stopped"} state
 * @property {number} total  the number of texts
 * @property {number} done
 * @property {string[]} prompts
 * @property {boolean} chat
 * @property {number[]} seeds
 * @property {Row[]} table
 * @property {string[]} advice  sentences
 *
 * @typedef {News & {kind: "grid", cells: Cell[]}} GridMessage  with the cells that are new
 * @typedef {News & {cells: Map<string, Cell>}} Grid  with all cells, by "prompt/row/seed"
 */

import { CUT } from "../common/connection.js";
import { make, setText } from "../common/dom.js";
import { saveCsv, save } from "../common/download.js";
import { ExportMenu } from "../common/export_menu.js";
import { Openings } from "../common/openings.js";
import { fetchVocabulary } from "../common/server.js";
import { openInDecode } from "../common/views.js";
import { count } from "../common/words.js";
import { GridChart } from "./chart.js";
import { Form } from "./form.js";
import { Luck } from "./luck.js";
import { MeasureTable } from "./measure_table.js";
import { Texts } from "./texts.js";

const EMPTY = "Press Run: every row writes a text for each prompt and seed, and the table says how they differ.";

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
  document.addEventListener("playground:cut", () => element.isConnected && tab.breakOff());
  tab.start();
}

const inDecode = (traceId) => openInDecode({ traceId, index: 0 });

class CompareTab {
  /** @type {Grid | null} */
  #grid = null;
  /** @type {readonly string[]} */
  #vocabulary = [];
  #openings = new Openings();
  #openText;

  /** @param {Opening} opening */
  constructor(opening, onRun, onStop, onOpen) {
    const textOf = (id) => this.#vocabulary[id] ?? `#${id}`;
    this.#openText = onOpen;
    this.form = new Form(opening, onRun, onStop);
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.advice = make("div", "pg-advice");
    this.advice.role = "status";
    this.table = new MeasureTable(opening.measures, opening.experiment);
    this.chart = new GridChart(opening.measures);
    this.texts = new Texts(textOf, (cell, button) => this.#open(cell, inDecode, button));
    this.luck = new Luck(textOf, (cell, then) => this.#open(cell, then, null));
    this.exports = new ExportMenu([
      { label: "Table as CSV", run: () => saveCsv(this.table.rows(), "compare-settings.csv") },
      { label: "Texts as CSV", run: () => saveCsv(this.texts.rows(), "compare-settings-texts.csv") },
      { label: "Everything as JSON", run: () => this.#saveJson() },
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
      this.#vocabulary = await fetchVocabulary();
    } catch (error) {
      setText(this.notice, error.message);
    }
    if (this.#grid) this.#show();
  }

  receive(message) {
    setText(this.notice, message.error ?? "");
    if (message.kind === "error") this.form.tell(null);
    if (message.kind === "not_opened") this.#openings.giveUp();
    if (message.kind === "opened") this.#openings.end(message);
    if (message.kind === "grid") this.#take(message);
  }

  /** Stops the running grid and ends the pending openings, because the connection is lost. Finished cells stay. */
  breakOff() {
    if (this.#grid?.state === "running") {
      this.#take({ ...this.#grid, kind: "grid", cells: [], state: "stopped" });
      setText(this.notice, CUT);
    }
    if (this.#openings.arePending) this.receive({ kind: "not_opened", error: CUT });
  }

  /** @param {GridMessage} message */
  #take(message) {
    const isNew = message.done === 0 && message.state === "running";
    const cells = isNew || !this.#grid ? new Map() : this.#grid.cells;
    for (const cell of message.cells) cells.set(`${cell.prompt}/${cell.row}/${cell.seed}`, cell);
    this.#grid = { ...message, cells };
    this.form.tell(message);
    this.#show();
  }

  #show() {
    const grid = this.#grid;
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
    const settings = this.#grid.table[cell.row].settings;
    const { seed, token_ids } = cell;
    const { prompts, chat } = this.#grid;
    this.#openText({ ticket, prompt: prompts[cell.prompt], chat, settings, seed, token_ids });
  }

  #saveJson() {
    const { cells, prompts, chat, seeds, table, advice } = this.#grid;
    const content = JSON.stringify({ prompts, chat, seeds, table, advice, cells: [...cells.values()] }, null, 1);
    save(new Blob([content], { type: "application/json" }), "compare-settings.json");
    return `${count(cells.size)} texts saved`;
  }
}
