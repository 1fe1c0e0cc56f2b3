/**
 * Lets the reader edit the task: the input, the label words and the form, and in a fold the instruction, the cues and
 * the worked examples. A task can be saved and loaded. Each task in the menu keeps its edits until the page is closed.
 *
 * @typedef {{name: string, instruction: string, input_cue: string, cue: string, stop: string, input: string,
 *   pipeline: string, tries: string[], repeats: boolean, labels: string[], examples: import("./examples_table.js").Example[]}} Task
 *
 * @typedef {{tasks: Task[], chosen: number, form: string}} Menu  all tasks as they are edited, the place of the one in view, and
 *   the form of the prompts
 */

import { button, make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { translated } from "../common/server_sentences.js";
import { ExamplesTable } from "./examples_table.js";
import { field, labelled, meant, option, shown } from "./fields.js";
import { fileButton } from "./files.js";
import { readTask, saveTask } from "./task_file.js";
import { chosenFacts } from "../models/models.js";
import { TrainedLine } from "./trained_line.js";

const FORMS = { plain: t("plain text"), turn: t("chat: one turn"), turns: t("chat: alternating turns") };
const TEXTS = { instruction: t("Instruction"), input_cue: t("Input cue"), cue: t("Answer cue"), stop: t("Stop string") };

export class TaskForm {
  #tasks;
  #shipped;
  #onEdit;

  /**
   * @param {Task[]} tasks  the tasks of the menu
   * @param {() => void} onEdit
   * @param {(asked: object) => Promise<{answer?: any, error?: string}>} readRows
   * @param {() => void} write  makes Gradio write the prompt
   */
  constructor(tasks, onEdit, readRows, write) {
    this.#tasks = structuredClone(tasks);
    this.#shipped = tasks;
    this.#onEdit = onEdit;
    this.menu = make("select", "pg-select");
    this.menu.addEventListener("change", () => this.#open());
    this.input = field("textarea", t("Input"), () => this.#set("input", this.input.value));
    this.input.rows = 2;
    this.tries = make("div", "pg-prompts-tries");
    this.trained = new TrainedLine(() => this.task, write);
    this.labels = field("input", t("Label words"), () => this.#set("labels", listOf(this.labels.value)));
    this.labels.placeholder = t("none");
    this.shape = make("select", "pg-select", ...Object.entries(FORMS).map(([value, text]) => option(text, value)));
    this.shape.addEventListener("change", onEdit);
    this.repeats = make("input");
    this.repeats.type = "checkbox";
    this.repeats.addEventListener("change", () => this.#set("repeats", this.repeats.checked));
    this.texts = Object.fromEntries(
      Object.entries(TEXTS).map(([name, label]) => {
        const text = field("input", label, () => this.#set(name, meant(text.value)));
        return [name, text];
      }),
    );
    this.status = make("span", "pg-prompts-form-status");
    this.status.role = "status";
    const say = (sentence) => setText(this.status, sentence);
    this.add = button(t("Add an example"), () => this.examples.add());
    const onEmpty = () => this.add.focus();
    this.examples = new ExamplesTable({ examples: () => this.task.examples, onEdit, onEmpty, readRows, say });
    this.element = make("div", "pg-prompts-task", this.#firstRow(), this.#editor(say));
    this.#list();
    this.suit();
    this.#draw();
  }

  /** Adapts to the chosen model, which may have no chat template. */
  suit() {
    const hasChat = (chosenFacts()?.no_chat ?? null) === null;
    for (const choice of this.shape.options) choice.disabled = choice.value !== "plain" && !hasChat;
    if (!hasChat) this.shape.value = "plain";
    this.trained.show();
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

  /** Opens a task of the menu as it comes with the page, for plain prompts. @param {string} name @param {string} input  "" for its own */
  openShipped(name, input) {
    const place = this.#tasks.findIndex((task) => task.name === name);
    const task = structuredClone(this.#shippedOf(name));
    this.menuNow = { tasks: this.#tasks.with(place, { ...task, input: input || task.input }), chosen: place, form: "plain" };
  }

  /** @returns {boolean} whether the task in view is as it comes with the page, but for its input */
  get isShipped() {
    const shipped = this.#shippedOf(this.task.name);
    return JSON.stringify({ ...shipped, input: "" }) === JSON.stringify({ ...this.task, input: "" });
  }

  /** @returns {string} the input with which the task in view comes */
  get shippedInput() {
    return this.#shippedOf(this.task.name)?.input ?? "";
  }

  #shippedOf(name) {
    return this.#shipped.find((task) => task.name === name);
  }

  /** @returns {Menu} */
  get menuNow() {
    return { tasks: this.#tasks, chosen: this.menu.selectedIndex, form: this.form };
  }

  set menuNow({ tasks, chosen, form }) {
    this.#tasks = tasks;
    this.#list();
    this.menu.selectedIndex = chosen;
    this.shape.value = form;
    this.suit();
    this.#open();
  }

  /** Sets the input. @param {string} text  the input of an item of an evaluation */
  ask(text) {
    this.input.value = text;
    this.#set("input", text);
  }

  #firstRow() {
    const row = make(
      "div",
      "pg-prompts-task-row",
      labelled(t("Task"), this.menu),
      labelled(t("Input"), this.input, "pg-prompts-wide"),
      labelled(t("Label words"), this.labels),
      labelled(t("Format"), this.shape),
    );
    return make("div", "", row, this.tries, this.trained.element);
  }

  #editor(say) {
    const texts = Object.entries(this.texts).map(([name, text]) => labelled(TEXTS[name], text));
    const repeats = make("label", "pg-prompts-check", this.repeats, ` ${t("repeat the instruction with every example")}`);
    const table = this.examples.element;
    const hint = make("p", "pg-muted", t("Rows copied from a spreadsheet or a CSV file can be pasted into an empty example."));
    const tools = make(
      "div",
      "pg-prompts-form-tools",
      this.add,
      fileButton(t("Examples from CSV"), ".csv,.tsv,.txt", (file) => this.examples.take(file), say),
      button(t("Save the task"), () => saveTask(this.task)),
      fileButton(t("Load a task"), ".json", (file) => this.#load(file, say), say),
      this.status,
    );
    const summary = make("summary", "", t("Edit the task and its examples"));
    return make("details", "pg-details", summary, make("div", "pg-prompts-task-row", ...texts), repeats, table, hint, tools);
  }

  #list() {
    const chosen = this.menu.selectedIndex;
    this.menu.replaceChildren(...this.#tasks.map(({ name }, place) => option(translated(name), place)));
    this.menu.selectedIndex = Math.max(0, chosen);
  }

  #open() {
    this.#draw();
    this.#onEdit();
  }

  #draw() {
    const { task } = this;
    this.input.value = task.input;
    this.labels.value = task.labels.join(", ");
    for (const [name, text] of Object.entries(this.texts)) text.value = shown(task[name]);
    this.repeats.checked = task.repeats;
    const tries = task.tries.map((text) => button(text, () => this.ask(text), "pg-link"));
    this.trained.show();
    this.tries.replaceChildren(...(tries.length ? [`${t("Inputs to try:")} `, ...tries] : []));
    this.examples.show();
  }

  #set(name, value) {
    this.task[name] = value;
    this.#onEdit();
  }

  async #load(file, say) {
    const task = await readTask(file);
    if (!task) return say(t("{file} is not a task that was saved here. The task does not change.", { file: file.name }));
    say(t("Loaded {task}.", { task: task.name }));
    this.take(task);
  }
}

const listOf = (text) => text.split(",").map((label) => label.trim()).filter((label) => label);
