/**
 * Lets the reader edit a task's worked examples as the rows of a table. Rows can be pasted into an empty example, or
 * read from a CSV file. Changes the list of examples that it is given.
 *
 * @typedef {{input: string, answer: string}} Example
 */

import { button, make, rest } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { field } from "./fields.js";
import { base64 } from "./files.js";

const MOST_ROWS = 200; // of a file

export class ExamplesTable {
  #on;

  /**
   * @param {object} on
   * @param {() => Example[]} on.examples  returns the examples of the task in view
   * @param {() => void} on.onEdit
   * @param {() => void} on.onEmpty  called when the last example is removed
   * @param {(asked: object) => Promise<{answer?: any, error?: string}>} on.readRows
   * @param {(sentence: string) => void} on.say
   */
  constructor(on) {
    this.#on = on;
    this.body = make("tbody");
    const names = [t("No."), t("Input"), t("Answer"), make("span", "pg-spoken", t("Move or remove"))];
    const head = make("tr", "", ...names.map((name) => make("th", "", name)));
    const table = make("table", "pg-table pg-prompts-examples", make("thead", "", head), this.body);
    table.ariaLabel = t("Worked examples");
    table.addEventListener("paste", (event) => this.#paste(event));
    this.element = scroller(t("Worked examples"), table);
  }

  show() {
    this.body.replaceChildren(...this.#on.examples().map((example, place) => this.#row(example, place)));
  }

  add() {
    this.#change((examples) => examples.push({ input: "", answer: "" }));
    this.body.lastElementChild.querySelector("textarea").focus();
  }

  /** Takes all examples of the task in view from a CSV file. @param {File} file */
  async take(file) {
    await this.#takeRows(file, file.name, (examples) => [0, examples.length]);
  }

  #row(example, place) {
    const number = { number: place + 1 };
    const labels = { input: t("input of example {number}", number), answer: t("answer of example {number}", number) };
    const fields = Object.entries(labels).map(([name, label]) => {
      const text = field("textarea", label, () => {
        example[name] = text.value;
        this.#on.onEdit();
      });
      text.rows = Math.min(4, example[name].split("\n").length);
      text.value = example[name];
      return make("td", "", text);
    });
    const up = button("↑", () => this.#move(place), "pg-button pg-prompts-small");
    rest(up, place === 0);
    up.ariaLabel = up.title = t("Move example {number} up", number);
    const away = button("×", () => this.#remove(place), "pg-button pg-prompts-small");
    away.ariaLabel = away.title = t("Remove example {number}", number);
    return make("tr", "", make("td", "", String(place + 1)), ...fields, make("td", "", up, away));
  }

  #move(place) {
    this.#change((examples) => examples.splice(place - 1, 0, ...examples.splice(place, 1)));
    this.body.rows[place - 1].querySelector("button").focus();
  }

  /** Removes an example. The keyboard goes on to the next one, or to what adds one. */
  #remove(place) {
    this.#change((examples) => examples.splice(place, 1));
    const { rows } = this.body;
    const next = rows[Math.min(place, rows.length - 1)]?.querySelectorAll("button")[1];
    if (next) next.focus();
    else this.#on.onEmpty();
  }

  /** @param {(examples: Example[]) => void} work */
  #change(work) {
    work(this.#on.examples());
    this.show();
    this.#on.onEdit();
  }

  /** Takes several lines that are pasted into an empty example as rows of examples. */
  #paste(event) {
    const text = event.clipboardData.getData("text/plain");
    const place = Array.from(this.body.rows).findIndex((row) => row.contains(event.target));
    const empty = this.#on.examples()[place];
    if (!empty || empty.input || empty.answer || !/[\t,;|].*\n/.test(text)) return;
    event.preventDefault();
    this.#takeRows(new Blob([text]), "", (examples) => [examples.indexOf(empty), 1]);
  }

  /**
   * Puts the rows of a file into the task for which it was chosen, which need not be in view any more when they arrive.
   * If the file cannot be read, all examples stay.
   *
   * @param {Blob} file
   * @param {string} name  of the file, "" for what is pasted
   * @param {(examples: Example[]) => [place: number, count: number]} replacedIn  which examples the rows replace;
   *   a place below 0 is that of an example that is gone, so the rows come last
   */
  async #takeRows(file, name, replacedIn) {
    const examples = this.#on.examples();
    const { answer, error } = await this.#on.readRows({ bytes: await base64(file), most: MOST_ROWS });
    if (error) return this.#on.say(error);
    const [place, count] = replacedIn(examples);
    if (place < 0) examples.push(...answer.rows);
    else examples.splice(place, count, ...answer.rows);
    const isInView = examples === this.#on.examples();
    if (isInView) this.#change(() => {});
    const into = isInView ? "" : t("They went into the task for which the file was chosen.");
    const taken = name
      ? tn("{n} example from {file}.", "{n} examples from {file}.", answer.rows.length, { file: name })
      : tn("{n} example from the clipboard.", "{n} examples from the clipboard.", answer.rows.length);
    this.#on.say([taken, answer.note, into].filter(Boolean).join(" "));
  }
}
