/**
 * Asks the server for the columns' prompts, once in each edition unless that fails, and for the label words after them.
 * Answers that come too late are dropped.
 */

import { tellShown } from "../common/shown.js";
import { chosenFacts } from "../models/models.js";
import { languagesInSidebar } from "../models/source_options.js";

export class Builder {
  #state;
  #server;
  #form;
  #labels;
  #learn;
  #onRefusal;
  #show;

  /**
   * @param {import("./state.js").State} state
   * @param {Record<string, (asked: object) => Promise<{answer?: any, error?: string}>>} server
   * @param {import("./task_form.js").TaskForm} form
   * @param {import("./label_panel.js").LabelPanel} labels
   * @param {() => Promise<void>} learn  fetches the texts of the tokens, which the columns need
   * @param {(sentence: string) => void} onRefusal  gets "" when the prompts are there
   * @param {(kinds: import("./kind_choice.js").Kind[]) => void} show  puts other columns in the place of all
   */
  constructor(state, server, form, labels, learn, onRefusal, show) {
    this.#state = state;
    this.#server = server;
    this.#form = form;
    this.#labels = labels;
    this.#learn = learn;
    this.#onRefusal = onRefusal;
    this.#show = show;
  }

  /**
   * @returns {Promise<import("./prompt_view.js").Answered | null>} the current task's prompts, null if they cannot be
   *   built or are out of date
   */
  build() {
    this.#state.built ??= this.#ask();
    return this.#state.built;
  }

  async #ask() {
    const { edition, room: answer_tokens, columns } = this.#state;
    const { task, form } = this.#form;
    const kinds = columns.map(({ kind }) => kind);
    const asked = { task, form, answer_tokens, columns: kinds, languages: languagesInSidebar() };
    const { answer, error } = await this.#answer(asked);
    if (edition !== this.#state.edition) return null;
    this.#onRefusal(error ?? "");
    if (error) {
      this.#state.built = null; // so that the next call asks again
      this.#tell(null);
      return null;
    }
    const largest = Math.max(...answer.columns.map((built) => built.ids?.length ?? 0)) + answer.answer_tokens;
    const room = { ...answer, largest };
    for (const [number, column] of columns.entries()) column.show(answer.columns[number], room);
    const isRefused = answer.columns.some((built) => built.error);
    this.#tell(isRefused ? null : answer);
    if (isRefused) return null;
    this.#askLabels(answer);
    return answer;
  }

  /** @returns {Promise<{answer?: any, error?: string}>} the server's answer, once it can be shown; never rejects */
  async #answer(asked) {
    try {
      const [answered] = await Promise.all([this.#server.build_columns(asked), this.#learn()]);
      return answered;
    } catch (error) {
      return { error: error.message };
    }
  }

  /** Asks for the label words again, because the reader wants other numbers of the same prompts. */
  async askLabels() {
    const answer = await this.#state.built;
    if (answer) await this.#askLabels(answer);
  }

  async #askLabels(built) {
    const { labels } = this.#form.task;
    if (!labels.length) return this.#labels.showNone();
    const names = this.#state.columns.map((column) => column.name);
    this.#labels.wait(this.#form.form !== "plain" || chosenFacts()?.family === "encoder-decoder");
    const { isCalibrated, spellings } = this.#labels;
    const question = this.#state.ask();
    const { answer, error } = await this.#server.ask_labels({
      labels,
      spellings,
      languages: languagesInSidebar(),
      prompts: built.columns.map(({ text, templated, content_free }) => ({
        text,
        templated,
        content_free: isCalibrated ? content_free : null,
      })),
    });
    if (!this.#state.isAsked(question)) return;
    if (error) this.#labels.refuse(error);
    else this.#labels.show(names, labels, answer);
    this.#tell(built);
  }

  /** Tells who reads along what the columns show, and how they are changed. @param {import("./prompt_view.js").Answered | null} built */
  #tell(built) {
    const { edition } = this.#state;
    tellShown("compare/prompts", {
      isInView: () => edition === this.#state.edition,
      kinds: () => this.#state.columns.map(({ kind }) => kind),
      built,
      form: this.#form,
      labels: this.#labels,
      show: this.#show,
    });
  }
}
