/**
 * Shows the evaluations' numbers as tables: one line for each number of shots, the confusion table, and the items.
 *
 * @typedef {object} ForShots  an evaluation's numbers for one number of examples in the prompt, over all their orders
 * @property {number} shots
 * @property {number} items  how many were tried
 * @property {number} accuracy
 * @property {number} low  the lower end of its interval
 * @property {number} high
 * @property {number[]} by_order  the accuracy with each order
 * @property {number} share  the mean label share
 * @property {number} share_low
 * @property {number} share_high
 * @property {number[][]} confusion  numbers of items by [true label][preferred label]
 *
 * @typedef {object} Item
 * @property {string} input
 * @property {string} answer  the true label
 * @property {[shots: number, said: string, probability: number, isRight: boolean][]} found
 *
 * @typedef {object} Result  an evaluation as far as it has come
 * @property {string} name
 * @property {string[]} labels
 * @property {ForShots[]} shots
 * @property {Item[] | null} items  null until the end
 */

import { button, make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { percent } from "../common/words.js";

const MOST_ROWS = 200; // the most items on the page; the CSV file has all

export class ResultTables {
  /** @type {Result[]} */
  #results = [];
  #onItem;

  /** @param {(input: string) => void} onItem  called when the reader opens an item */
  constructor(onItem) {
    this.#onItem = onItem;
    this.numbers = table(t("Accuracy and label share of every run"));
    this.confusion = table(t("Confusion table"));
    this.items = table(t("Items of the run"));
    this.run = make("select", "pg-select");
    this.run.ariaLabel = t("Evaluation");
    this.shots = make("select", "pg-select");
    this.shots.ariaLabel = t("Number of shots");
    for (const choice of [this.run, this.shots]) choice.addEventListener("change", () => this.#drawDetails());
    this.told = make("p", "pg-muted");
    const details = make("div", "pg-prompts-same-bar", make("h3", "", t("Confusion and items")), this.run, this.shots);
    const items = scroller(t("Items of the run"), this.items, "pg-prompts-items");
    const numbers = scroller(t("Accuracy and label share of every run"), this.numbers);
    const confusion = scroller(t("Confusion table"), this.confusion);
    this.element = make("div", "pg-prompts-result-tables", numbers, details, confusion, this.told, items);
  }

  /** @param {Result[]} results */
  show(results) {
    this.#results = results;
    const rows = results.flatMap(({ name, shots }) =>
      shots.filter(({ items }) => items > 0).map((one) => [
        name,
        one.shots,
        one.items,
        interval(one.accuracy, one.low, one.high),
        interval(one.share, one.share_low, one.share_high),
        one.by_order.length > 1 ? one.by_order.map(percent).join(", ") : "",
      ]),
    );
    fill(this.numbers, [t("Evaluation"), t("Shots"), t("Items"), t("Accuracy (95 % Wilson)"), t("Label share (95 %)"), t("Accuracy by order")], rows);
    options(this.run, results.map(({ name }) => name));
    this.#drawDetails();
  }

  #drawDetails() {
    const result = this.#results[this.run.selectedIndex];
    if (!result) return;
    options(this.shots, result.shots.map(({ shots }) => tn("{n} shot", "{n} shots", shots)));
    const chosen = result.shots[this.shots.selectedIndex];
    const said = result.labels.map((label) => t("predicted {label}", { label }));
    fill(this.confusion, [t("correct"), ...said], chosen.confusion.map((row, place) => [result.labels[place], ...row]));
    const found = (result.items ?? []).map(({ input, answer, found }) => ({
      input,
      answer,
      said: found.find(([shots]) => shots === chosen.shots),
    }));
    const tried = found.filter(({ said }) => said).sort((a, b) => Number(a.said[3]) - Number(b.said[3]));
    const items = tried.slice(0, MOST_ROWS);
    const about = t("Items of “{run}”. Wrong answers come first. Click an item to open it in the columns above.", { run: result.name });
    setText(this.told, result.items ? about : t("The items appear when the run ends."));
    const rows = items.map(({ input, answer, said }) => [
      opener(input, this.#onItem),
      answer,
      `${said[3] ? "✓" : "✗"} ${said[1]}`,
      percent(said[2]),
    ]);
    fill(this.items, [t("Item"), t("Correct"), t("Predicted"), t("P(predicted)")], rows);
  }
}

const interval = (value, low, high) =>
  t("{value} ({low} to {high})", { value: percent(value), low: percent(low), high: percent(high) });

/** Makes a link that opens an item. @param {string} input @param {(input: string) => void} onItem */
export function opener(input, onItem) {
  return button(input, () => onItem(input), "pg-link");
}

export function table(label) {
  const element = make("table", "pg-table pg-prompts-results-table");
  element.ariaLabel = label;
  return element;
}

const filled = new WeakMap(); // table -> its texts

/** Fills a table. The same texts again leave it as it is, so that the keyboard stays where it is. */
export function fill(element, heads, rows) {
  const texts = JSON.stringify([heads, ...rows].map((row) => row.map((cell) => (cell instanceof Node ? cell.textContent : cell))));
  if (filled.get(element) === texts) return;
  filled.set(element, texts);
  const line = (cells, tag) => make("tr", "", ...cells.map((cell) => make(tag, "", cell instanceof Node ? cell : String(cell))));
  element.replaceChildren(make("thead", "", line(heads, "th")), make("tbody", "", ...rows.map((row) => line(row, "td"))));
}

/** Fills a list of choices, and keeps the place of the chosen one. @param {HTMLSelectElement} element @param {string[]} texts */
export function options(element, texts) {
  if ([...element.options].map(({ text }) => text).join("\n") === texts.join("\n")) return; // it may be open
  const chosen = Math.max(0, element.selectedIndex);
  element.replaceChildren(...texts.map((text) => make("option", "", text)));
  element.selectedIndex = Math.min(chosen, texts.length - 1);
}
