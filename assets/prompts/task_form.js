/**
 * Lets the reader edit the task: the input, the label words and the form, and in a fold the instruction, the cues and
 * the worked examples. Examples can be pasted or read from CSV; a task can be saved and loaded. Each task in the menu
 * keeps its edits until the page is closed.
 *
 * @typedef {{name: string, instruction: string, input_cue: string, cue: string, stop: string, input: string,
 *   repeats: boolean, labels: string[], examples: {input: string, answer: string}[]}} Task
 */

import { fileNameOf, save } from "../common/download.js";
import { button, make, setText } from "../common/dom.js";
import { plural } from "../common/words.js";

const FORMS = { plain: "plain text", turn: "chat: one turn", turns: "chat: alternating turns" };
const TEXTS = { instruction: "Instruction", input_cue: "Input cue", cue: "Answer cue", stop: "Stop string" };
const FORMAT = "decoding-playground task";
const LARGEST_FILE = 5_000_000; // bytes

/** In a field of one line, a line break is written as \n. */
const shown = (text) => text.replaceAll("\n", "\\n");
const meant = (text) => text.replaceAll("\\n", "\n");

export class TaskForm {
  #tasks;
  #onEdit;
  #readExamples;

  /**
   * @param {Task[]} tasks  the tasks of the menu
   * @param {boolean} hasChat
   * @param {() => void} onEdit
   * @param {(asked: object) => Promise<{answer?: any, error?: string}>} readExamples
   */
  constructor(tasks, hasChat, onEdit, readExamples) {
    this.#tasks = tasks.map((task) => ({ ...task, examples: task.examples.map((example) => ({ ...example })) }));
    this.#onEdit = onEdit;
    this.#readExamples = readExamples;
    this.menu = make("select", "pg-select");
    this.menu.addEventListener("change", () => this.#open());
    this.input = this.#field("textarea", "Input", () => this.#set("input", this.input.value));
    this.input.rows = 2;
    this.labels = this.#field("input", "Label words", () => this.#set("labels", listOf(this.labels.value)));
    this.labels.placeholder = "none";
    this.shape = make("select", "pg-select", ...Object.entries(FORMS).map(([value, text]) => option(text, value)));
    this.shape.addEventListener("change", onEdit);
    for (const choice of this.shape.options) choice.disabled = choice.value !== "plain" && !hasChat;
    this.repeats = make("input");
    this.repeats.type = "checkbox";
    this.repeats.addEventListener("change", () => this.#set("repeats", this.repeats.checked));
    this.texts = Object.fromEntries(
      Object.entries(TEXTS).map(([name, label]) => {
        const field = this.#field("input", label, () => this.#set(name, meant(field.value)));
        return [name, field];
      }),
    );
    this.examples = make("tbody");
    this.status = make("span", "pg-prompts-form-status");
    this.status.role = "status";
    this.element = make("div", "pg-prompts-task", this.#firstRow(), this.#editor());
    this.#list();
    this.#open(true);
  }

  /** @returns {Task} */
  get task() {
    return this.#tasks[this.menu.selectedIndex];
  }

  /** @returns {"plain" | "turn" | "turns"} */
  get form() {
    return /** @type {"plain" | "turn" | "turns"} */ (this.shape.value); // its options are the names of FORMS
  }

  /** Opens a given task, and adds it to the menu if it is not there. @param {Task} task @param {string} [form] */
  take(task, form = "plain") {
    const text = JSON.stringify(task);
    const place = this.#tasks.findIndex((other) => JSON.stringify(other) === text);
    if (place < 0) this.#tasks.push(task);
    this.#list();
    this.menu.selectedIndex = place < 0 ? this.#tasks.length - 1 : place;
    const shape = Array.from(this.shape.options).find(({ value }) => value === form);
    if (shape && !shape.disabled) this.shape.value = form;
    this.#open();
  }

  /** Sets the input. @param {string} text  the input of an item of an evaluation */
  ask(text) {
    this.input.value = text;
    this.#set("input", text);
  }

  #firstRow() {
    return make(
      "div",
      "pg-prompts-task-row",
      labelled("Task", this.menu),
      labelled("Input", this.input, "pg-prompts-wide"),
      labelled("Label words", this.labels),
      labelled("Written as", this.shape),
    );
  }

  #editor() {
    const texts = Object.entries(this.texts).map(([name, field]) => labelled(TEXTS[name], field));
    const repeats = make("label", "pg-prompts-check", this.repeats, " say the instruction with every example");
    const head = make("tr", "", ...["", "Input", "Answer", ""].map((name) => make("th", "", name)));
    const table = make("table", "pg-prompts-examples", make("thead", "", head), this.examples);
    table.ariaLabel = "Worked examples";
    table.addEventListener("paste", (event) => this.#paste(event));
    const hint = make("p", "pg-muted", "Rows copied from a spreadsheet or a CSV file can be pasted into an empty example.");
    const tools = make(
      "div",
      "pg-prompts-form-tools",
      button("Add an example", () => this.#add()),
      this.#file("Examples from CSV", ".csv,.tsv,.txt", (file) => this.#takeCsv(file)),
      button("Save the task", () => this.#save()),
      this.#file("Load a task", ".json", (file) => this.#load(file)),
      this.status,
    );
    const summary = make("summary", "", "Edit the task and its examples");
    return make("details", "pg-details", summary, make("div", "pg-prompts-task-row", ...texts), repeats, table, hint, tools);
  }

  #list() {
    const chosen = this.menu.selectedIndex;
    this.menu.replaceChildren(...this.#tasks.map(({ name }, place) => option(name, place)));
    this.menu.selectedIndex = Math.max(0, chosen);
  }

  #open(isFirst = false) {
    const { task } = this;
    this.input.value = task.input;
    this.labels.value = task.labels.join(", ");
    for (const [name, field] of Object.entries(this.texts)) field.value = shown(task[name]);
    this.repeats.checked = task.repeats;
    this.#drawExamples();
    if (!isFirst) this.#onEdit();
  }

  #set(name, value) {
    this.task[name] = value;
    this.#onEdit();
  }

  #drawExamples() {
    const { examples } = this.task;
    this.examples.replaceChildren(...examples.map((example, place) => this.#exampleRow(example, place)));
  }

  #exampleRow(example, place) {
    const fields = ["input", "answer"].map((name) => {
      const field = this.#field("textarea", `${name} of example ${place + 1}`, () => {
        example[name] = field.value;
        this.#onEdit();
      });
      field.rows = Math.min(4, example[name].split("\n").length);
      field.value = example[name];
      return make("td", "", field);
    });
    const { examples } = this.task;
    const up = button("↑", () => this.#move(place), "pg-button pg-prompts-small");
    up.disabled = place === 0;
    up.ariaLabel = up.title = `Move example ${place + 1} up`;
    const away = button("×", () => this.#change(() => examples.splice(place, 1)), "pg-button pg-prompts-small");
    away.ariaLabel = away.title = `Remove example ${place + 1}`;
    return make("tr", "", make("td", "", String(place + 1)), ...fields, make("td", "", up, away));
  }

  #move(place) {
    const { examples } = this.task;
    this.#change(() => examples.splice(place - 1, 0, ...examples.splice(place, 1)));
  }

  #add() {
    this.#change(() => this.task.examples.push({ input: "", answer: "" }));
    this.examples.lastElementChild.querySelector("textarea").focus();
  }

  #change(work) {
    work();
    this.#drawExamples();
    this.#onEdit();
  }

  #save() {
    const text = JSON.stringify({ format: FORMAT, version: 1, ...this.task }, null, 2);
    save(new Blob([text], { type: "application/json" }), `${fileNameOf(this.task.name)}.json`);
  }

  async #load(file) {
    let read = null;
    try {
      read = JSON.parse(await file.text());
    } catch {
      // The check below refuses the file.
    }
    if (read?.format !== FORMAT || !isTask(read)) return setText(this.status, `${file.name} is no task saved here. The task in view stays.`);
    const { format: _format, version: _version, ...task } = read;
    setText(this.status, `Loaded ${task.name}.`);
    this.take(task);
  }

  async #takeCsv(file) {
    await this.#takeRows(file, file.name, 0, this.task.examples.length);
  }

  /** Takes several lines that are pasted into an empty example as rows of examples. */
  #paste(event) {
    const text = event.clipboardData.getData("text/plain");
    const place = Array.from(this.examples.rows).findIndex((row) => row.contains(event.target));
    const { input, answer } = this.task.examples[place] ?? { input: "-" };
    if (input || answer || !/[\t,;|].*\n/.test(text)) return;
    event.preventDefault();
    this.#takeRows(new Blob([text]), "the clipboard", place, 1);
  }

  /** Replaces `count` examples from `place` on by the file's rows. If the file cannot be read, all examples stay. */
  async #takeRows(file, name, place, count) {
    const { answer, error } = await this.#readExamples({ bytes: await base64(file), most: 200 });
    if (error) return setText(this.status, error);
    this.#change(() => this.task.examples.splice(place, count, ...answer.rows));
    setText(this.status, `${plural(answer.rows.length, "example")} from ${name}. ${answer.note}`);
  }

  #file(label, accept, take) {
    const input = make("input");
    input.type = "file";
    input.accept = accept;
    input.hidden = true;
    input.addEventListener("change", async () => {
      const [file] = input.files;
      input.value = "";
      if (!file) return;
      if (file.size > LARGEST_FILE) return setText(this.status, `${file.name} is larger than 5 MB, which is the limit.`);
      await take(file);
    });
    return make("span", "", button(label, () => input.click()), input);
  }

  #field(tag, label, onInput) {
    const field = make(tag, "pg-prompts-field");
    if (tag === "input") field.type = "text";
    field.ariaLabel = label;
    field.spellcheck = false;
    field.addEventListener("input", onInput);
    return field;
  }
}

/** Returns whether a value from a file can be edited as a task. */
function isTask(read) {
  return (
    [...Object.keys(TEXTS), "name", "input"].every((name) => typeof read?.[name] === "string") &&
    [read.labels, read.examples].every(Array.isArray) &&
    read.labels.every((label) => typeof label === "string") &&
    read.examples.every((one) => typeof one?.input === "string" && typeof one?.answer === "string")
  );
}

/** @param {Blob} file @returns {Promise<string>} its bytes in base64 */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).split(",")[1] ?? ""));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

const listOf = (text) => text.split(",").map((label) => label.trim()).filter((label) => label);

/** Returns a field with its name above it. */
export function labelled(text, field, className = "") {
  field.ariaLabel ||= text;
  return make("label", `pg-prompts-labelled ${className}`, make("span", "", text), field);
}

function option(text, value) {
  const element = make("option", "", text);
  element.value = value;
  return element;
}
