/**
 * Lets the reader edit a task's worked examples as the rows of a table. Rows can be pasted into an empty example, or
 * read from a CSV file. Changes the list of examples that it is given.
 *
 * @typedef {{input: string, answer: string}} Example
 */

import { button, make } from "../common/dom.js";
import { plural } from "../common/words.js";
import { field } from "./fields.js";
import { base64 } from "./files.js";

const MOST_ROWS = 200; // of a file

export class ExamplesTable {
  #on;

  /**
   * @param {object} on
   * @param {() => Example[]} on.examples  returns the examples of the task in view
   * @param {() => void} on.onEdit
   * @param {(asked: object) => Promise<{answer?: any, error?: string}>} on.readRows
   * @param {(sentence: string) => void} on.say
   */
  constructor(on) {
    this.#on = on;
    this.body = make("tbody");
    const head = make("tr", "", ...["", "Input", "Answer", ""].map((name) => make("th", "", name)));
    this.element = make("table", "pg-table pg-prompts-examples", make("thead", "", head), this.body);
    this.element.ariaLabel = "Worked examples";
    this.element.addEventListener("paste", (event) => this.#paste(event));
  }

  show() {
    this.body.replaceChildren(...this.#on.examples().map((example, place) => this.#row(example, place)));
  }

  add() {
    this.#change((examples) => examples.push({ input: "", answer: "" }));
    this.body.lastElementChild.querySelector("textarea").focus();
  }

  /** Takes all examples from a CSV file. @param {File} file */
  async take(file) {
    await this.#takeRows(file, file.name, 0, this.#on.examples().length);
  }

  #row(example, place) {
    const fields = ["input", "answer"].map((name) => {
      const text = field("textarea", `${name} of example ${place + 1}`, () => {
        example[name] = text.value;
        this.#on.onEdit();
      });
      text.rows = Math.min(4, example[name].split("\n").length);
      text.value = example[name];
      return make("td", "", text);
    });
    const up = button("↑", () => this.#move(place), "pg-button pg-prompts-small");
    up.disabled = place === 0;
    up.ariaLabel = up.title = `Move example ${place + 1} up`;
    const away = button("×", () => this.#change((examples) => examples.splice(place, 1)), "pg-button pg-prompts-small");
    away.ariaLabel = away.title = `Remove example ${place + 1}`;
    return make("tr", "", make("td", "", String(place + 1)), ...fields, make("td", "", up, away));
  }

  #move(place) {
    this.#change((examples) => examples.splice(place - 1, 0, ...examples.splice(place, 1)));
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
    const { input, answer } = this.#on.examples()[place] ?? { input: "-" };
    if (input || answer || !/[\t,;|].*\n/.test(text)) return;
    event.preventDefault();
    this.#takeRows(new Blob([text]), "the clipboard", place, 1);
  }

  /** Replaces `count` examples from `place` on by the file's rows. If the file cannot be read, all examples stay. */
  async #takeRows(file, name, place, count) {
    const { answer, error } = await this.#on.readRows({ bytes: await base64(file), most: MOST_ROWS });
    if (error) return this.#on.say(error);
    this.#change((examples) => examples.splice(place, count, ...answer.rows));
    this.#on.say(`${plural(answer.rows.length, "example")} from ${name}. ${answer.note}`);
  }
}
