/**
 * Draws a grid's table: one line for each row of settings, with the measures as mean ± standard error, sorted by any
 * measure. If the rows are those of the paper's experiment, the paper's figures stand beside them. Draws what it is
 * given.
 */

import { make, setText } from "../common/dom.js";
import { scroller } from "../common/scroller.js";
import { stopReason } from "../common/words.js";
import { between } from "../models/language_lists.js";
import { choosesAs } from "./settings.js";
import { explained } from "../glossary/term.js";

const SHARES = ["distinct_1", "distinct_2", "distinct_3", "across_1", "across_2", "across_3", "repetition", "loops"];
/** The paper's figures, by the measure with which each can be compared. */
const PAPER = {
  perplexity: { label: "paper", textOf: ({ perplexity }) => perplexity.toFixed(2) },
  loops: { label: "paper", textOf: ({ repetition_percent }) => `${repetition_percent.toFixed(2)} %` },
};
const TOLD = "mean ± standard error over texts; – where there are too few texts";

export class MeasureTable {
  /** @type {import("./grid.js").Grid | null} */
  #grid = null;
  #sort = { name: "", isDescending: false }; // "" keeps the order of the rows
  #measures;
  #experiment;

  /** @param {import("./grid.js").Measures} measures @param {import("./grid.js").Experiment} experiment */
  constructor(measures, experiment) {
    this.#measures = measures;
    this.#experiment = experiment;
    this.head = make("tr");
    this.body = make("tbody");
    this.about = make("span");
    const caption = make("caption", "", this.about, make("span", "pg-muted", TOLD));
    this.table = make("table", "pg-measures", caption, make("thead", "", this.head), this.body);
    this.note = make("p", "pg-muted");
    const words = Object.values(measures).flatMap(({ label, definition }) => [", ", explained(label, definition)]);
    const about = make("p", "pg-muted", "What the measures mean: ", ...words.slice(1));
    this.element = make("div", "pg-measure-table", scroller("Measures", this.table), about, this.note);
  }

  show(grid) {
    this.#grid = grid;
    this.#draw();
  }

  /** @returns {unknown[][]} the rows of a CSV file, in the order of the grid's rows */
  rows() {
    const names = Object.keys(this.#measures);
    const { source, target } = this.#grid.languages;
    const head = ["settings", "source language", "target language", "texts", "failed", "stop reasons", ...names.flatMap((name) => [name, `${name} ± se`])];
    const lines = this.#grid.table.map((row) => [
      row.name,
      source,
      target,
      row.texts,
      row.failed,
      endings(row),
      ...names.flatMap((name) => [row.measures[name]?.mean, row.measures[name]?.error]),
    ]);
    return [head, ...lines];
  }

  #draw() {
    const { table, languages } = this.#grid;
    const translation = between(languages);
    setText(this.about, `How the settings differ${translation ? ` in texts${translation}` : ""}, `);
    const paper = this.#paperOf(table);
    const names = Object.keys(this.#measures);
    this.head.replaceChildren(
      make("th", "", "settings", make("span", "pg-below", " and how many texts ended by what")),
      make("th", "", "texts"),
      ...names.flatMap((name) => [this.#heading(name), ...(paper && name in PAPER ? [make("th", "pg-paper", PAPER[name].label)] : [])]),
    );
    const lines = table.map((row, place) => this.#line(row, place, names, paper));
    const { name, isDescending } = this.#sort;
    const meanOf = (place) => table[place].measures[name]?.mean ?? -Infinity;
    const order = table.map((_, place) => place);
    if (name) order.sort((a, b) => (isDescending ? meanOf(b) - meanOf(a) : meanOf(a) - meanOf(b)));
    this.body.replaceChildren(...order.map((place) => lines[place]));
    setText(this.note, paper ? this.#experiment.differences : "");
  }

  #heading(name) {
    const { label, definition } = this.#measures[name];
    const isSorted = this.#sort.name === name;
    const sign = isSorted ? (this.#sort.isDescending ? " ▾" : " ▴") : "";
    const button = make("button", "pg-sort", label + sign);
    button.type = "button";
    button.title = definition;
    button.addEventListener("click", () => {
      const isThird = isSorted && !this.#sort.isDescending; // the third click brings the rows' own order back
      this.#sort = isThird ? { name: "", isDescending: false } : { name, isDescending: !isSorted };
      this.#draw();
      this.head.querySelectorAll("button")[Object.keys(this.#measures).indexOf(name)].focus();
    });
    const heading = make("th", "", button);
    heading.ariaSort = isSorted ? (this.#sort.isDescending ? "descending" : "ascending") : "none";
    return heading;
  }

  #line(row, place, names, paper) {
    const cells = names.flatMap((name) => [
      make("td", "", ...lines(estimate(name, row.measures[name]))),
      ...(paper && name in PAPER ? [make("td", "pg-paper", PAPER[name].textOf(paper[place]))] : []),
    ]);
    const texts = row.failed ? `${row.texts} (${row.failed} failed)` : String(row.texts);
    const heading = make("th", "", `${place + 1} ${row.name}`, make("span", "pg-below", ` ${endings(row)}`));
    heading.scope = "row";
    return make("tr", "", heading, make("td", "", texts), ...cells);
  }

  /**
   * @returns {import("./grid.js").Finding[] | null} the paper's findings, one for each row, if the rows are those of the
   *   experiment
   */
  #paperOf(table) {
    const { paper } = this.#experiment;
    const isSame = (row, finding) => choosesAs(row.settings, finding.settings);
    return table.length === paper.length && table.every((row, place) => isSame(row, paper[place])) ? paper : null;
  }
}

/** Puts an estimate's error below its mean, so that the table is narrow. @param {string} text */
function lines(text) {
  const [mean, error] = text.split(" ± ");
  return error ? [mean, make("span", "pg-below", ` ± ${error}`)] : [mean];
}

function endings(row) {
  const words = ([reason, times]) => `${times} ${stopReason(reason).replace(/^ended (by |at |because )?/, "")}`;
  return Object.entries(row.stop_reasons).map(words).join(", ");
}

/** Formats an estimate: "−1.23 ± 0.10", "82 % ± 3", or "–" for none. */
export function estimate(name, value) {
  if (!value) return "–";
  const isShare = SHARES.includes(name);
  const scale = isShare ? 100 : 1;
  const digits = isShare ? 0 : Math.abs(value.mean) >= 100 ? 0 : Math.abs(value.mean) >= 10 ? 1 : 2;
  const figure = (number) => (scale * number).toFixed(digits).replace("-", "−");
  const error = value.error === null ? "" : ` ± ${figure(value.error)}`;
  return `${figure(value.mean)}${isShare ? " %" : ""}${error}`;
}
