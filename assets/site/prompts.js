/**
 * The view Compare prompts in a page without a server: the playground's own tab, which gets the columns, the label words and
 * the model's answers that were recorded (`playground/site/prompts.py`). Knows the tab and the texts, not lessons.
 */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { NEEDS_MODEL, recordedBytes } from "../common/recorded.js";
import { translated } from "../common/server_sentences.js";
import { exampleOf } from "../lesson/driver.js";
import { chosenModel } from "../models/models.js";
import { knowVocabulary } from "../models/words.js";
import { PromptsTab } from "../prompts/tab.js";

/** @typedef {import("../lesson/state.js").PageState} PageState */

const [COLUMN, LABELS] = ["prompts/column.json", "prompts/labels.json"]; // the same names in prompts.py

export class Prompts {
  #texts;
  #tasks;
  /** @type {PromptsTab | null} */
  #tab = null;
  /** What the lesson's page asks for. @type {PageState | null} */
  #state = null;

  /** @param {import("../prompts/task_form.js").Task[]} tasks  those that the lesson opens @param {import("./texts.js").Texts} texts */
  constructor(tasks, texts) {
    this.#tasks = tasks;
    this.#texts = texts;
    const says = t("The prompts, the label words and the model's answers of this page were recorded. Another task, input or number of examples may need a model, and an evaluation does.");
    this.element = make("div", "", make("p", "pg-muted", says));
    this.element.id = "pg-prompts";
  }

  /** Whether the lesson shows the view. */
  get isThere() {
    return this.#tasks.length > 0;
  }

  /** Opens the view for a state, which the lesson brings about. @param {PageState} state */
  async open(state) {
    this.#state = state;
    const model = state.model ?? chosenModel();
    knowVocabulary(model, await this.#texts.wordsOf(model)); // before the tab asks for it
    if (state !== this.#state) return; // another one was asked for meanwhile
    if (this.#tab) return this.#tab.applyRoom(state.settings.max_new_tokens);
    const tab = new PromptsTab({ tasks: this.#tasks, settings: state.settings }, (event, data) => this.#on(event, data), this.#server());
    this.#tab = tab;
    this.element.append(tab.element);
    tab.form.openShipped(state.fields.task, state.prompt);
    tab.show(state.fields.shots.map((shots) => ({ shots })));
    document.addEventListener("playground:model", () => tab.suit());
    await tab.start();
  }

  #on(event, data) {
    if (event === "run") this.#run(data);
  }

  async #run({ run, prompts, stop }) {
    const settings = { ...this.#state.settings, stop_strings: stop ? [stop] : [] };
    const text = (prompt) => this.#texts.open(chosenModel(), exampleOf({ prompt, step: 1, settings }));
    try {
      const messages = await Promise.all(prompts.map((prompt) => text(prompt.text)));
      this.#tab.receive({ run, columns: Object.fromEntries(messages.map((message, place) => [place, message])) });
    } catch (error) {
      this.#tab.breakOff(error.message);
    }
  }

  /** @returns {Record<string, (asked: any) => Promise<{answer?: any, error?: string}>>} what the server does in the playground */
  #server() {
    return {
      build_columns: answered((asked) => this.#columns(asked)),
      ask_labels: answered(({ spellings, prompts }) => prompts.map((prompt) => labelsOf(prompt, spellings))),
      read_csv: answered(refuse),
      read_texts: answered(refuse),
      read_link: answered(refuse),
    };
  }

  #columns({ task, form, answer_tokens, columns }) {
    if (form !== "plain" || !this.#tab.form.isShipped) refuse();
    const told = columns.map(({ shots }) => recorded(COLUMN, [chosenModel(), task.name, task.input, shots ?? null, answer_tokens]));
    return { ...told[0], is_busy: false, columns: told.map(({ column }) => column) };
  }
}

/** @param {string} path @param {unknown} asked @returns {any} the answer */
const recorded = (path, asked) => JSON.parse(new TextDecoder().decode(recordedBytes(`${path} ${JSON.stringify(asked)}`)));

/** @returns {Record<string, import("../prompts/label_panel.js").LabelAnswer>} the label words after a prompt, by spelling */
function labelsOf({ text, content_free }, spellings) {
  const found = recorded(LABELS, [chosenModel(), text, content_free]);
  if (found.error) throw new Error(translated(found.error));
  return Object.fromEntries(spellings.map((spelling) => [spelling, found[spelling]]));
}

/** @returns {never} */
function refuse() {
  throw new Error(NEEDS_MODEL);
}

/** @param {(asked: any) => any} work @returns {(asked: any) => Promise<{answer?: any, error?: string}>} */
function answered(work) {
  return async (asked) => {
    try {
      return { answer: work(asked) };
    } catch (error) {
      return { error: error.message };
    }
  };
}
