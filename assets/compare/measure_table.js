/**
 * Draws a grid's table: one line for each row of settings, with the measures as mean ± standard error, sorted by any
 * measure. If the rows are those of the paper's experiment, the paper's figures stand beside them. Draws what it is
 * given.
 */

import { make, setText } from "../common/dom.js";
import { fixed, t } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { between } from "../models/language_lists.js";
import { choosesAs } from "./settings.js";
import { explained } from "../glossary/term.js";

const SHARES = ["distinct_1", "distinct_2", "distinct_3", "across_1", "across_2", "across_3", "repetition", "loops"];
/** The paper's figures, by the measure with which each can be compared. */
const PAPER = {
  perplexity: { label: t("paper"), textOf: ({ perplexity }) => fixed(perplexity, 2) },
  loops: { label: t("paper"), textOf: ({ repetition_percent }) => t("{number} %", { number: fixed(repetition_percent, 2) }) },
};
const TOLD = t("mean ± standard error over texts; – where there are too few texts");
/** By what texts ended, with how many. @type {Record<string, (n: number) => string>} */
const ENDINGS = {
  end_token: (n) => t("{n} the model's end token", { n }),
  stop_string: (n) => t("{n} a stop string", { n }),
  length: (n) => t("{n} the limit of new tokens", { n }),
  window: (n) => t("{n} the model's window is full", { n }),
  stopped: (n) => t("{n} stopped", { n }),
};

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
    const about = make("p", "pg-muted", `${t("What the measures mean:")} `, ...words.slice(1));
    this.element = make("div", "pg-measure-table", scroller(t("Measures"), this.table), about, this.note);
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
      Object.entries(row.stop_reasons).map(([reason, times]) => `${times} ${reason}`).join(", "),
      ...names.flatMap((name) => [row.measures[name]?.mean, row.measures[name]?.error]),
    ]);
    return [head, ...lines];
  }

  #draw() {
    const { table, languages } = this.#grid;
    const translation = between(languages).trim();
    setText(this.about, `${translation ? t("How the settings differ in texts {translation},", { translation }) : t("How the settings differ,")} `);
    const paper = this.#paperOf(table);
    const names = Object.keys(this.#measures);
    this.head.replaceChildren(
      make("th", "", t("settings"), make("span", "pg-below", ` ${t("and how many texts ended by what")}`)),
      make("th", "", t("texts")),
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
    const texts = row.failed ? t("{texts} ({failed} failed)", { texts: row.texts, failed: row.failed }) : String(row.texts);
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
  return Object.entries(row.stop_reasons).map(([reason, times]) => ENDINGS[reason](times)).join(", ");
}

/** Formats an estimate: "−1.23 ± 0.10", "82 % ± 3", or "–" for none. */
export function estimate(name, value) {
  if (!value) return "–";
  const isShare = SHARES.includes(name);
  const scale = isShare ? 100 : 1;
  const digits = isShare ? 0 : Math.abs(value.mean) >= 100 ? 0 : Math.abs(value.mean) >= 10 ? 1 : 2;
  const figure = (number) => fixed(scale * number, digits).replace("-", "−");
  const error = value.error === null ? "" : ` ± ${figure(value.error)}`;
  const mean = isShare ? t("{number} %", { number: figure(value.mean) }) : figure(value.mean);
  return `${mean}${error}`;
}
