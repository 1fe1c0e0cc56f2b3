/**
 * The Compare prompts tab: joins the form, the server's answers and the columns. What it holds is in `state.js`. An
 * edit removes all results from the page at once, and answers for an earlier edition are dropped.
 *
 * @typedef {object} Start  what the tab begins with
 * @property {import("./task_form.js").Task[]} tasks
 * @property {import("../distribution/settings.js").Settings} settings  the sidebar's, in the controls' order
 */

import { bring } from "./bringing.js";
import { Builder } from "./builder.js";
import { Column } from "./column.js";
import { Compared } from "./compared.js";
import { make } from "../common/dom.js";
import { LabelPanel } from "./label_panel.js";
import { linked } from "./link.js";
import { onRunKey, RunBar } from "./run_bar.js";
import { SameTokens } from "./same_tokens.js";
import { fetchVocabulary, vocabularyOf } from "../models/words.js";
import { chosenModel } from "../models/models.js";
import { chooseLanguages, languagesInSidebar } from "../models/source_options.js";
import { State } from "./state.js";
import { TakeAway } from "./takeaway.js";
import { usable } from "../distribution/settings.js";
import { TaskForm } from "./task_form.js";

const PAUSE_MS = 300; // after the last key, before the prompts are built
const textOf = (id) => vocabularyOf()[id] ?? `#${id}`;

export class PromptsTab {
  #state;
  #trigger;
  #server;
  #builder;
  #timer = 0;
  #frame = 0;
  #stopEvaluation = null; // ends the evaluation below the columns, while one runs

  /**
   * @param {Start} start
   * @param {(event: string, data: object) => void} trigger  sends an event to Python
   * @param {Record<string, (asked: object) => Promise<{answer?: any, error?: string}>>} server
   */
  constructor(start, trigger, server) {
    this.#state = new State(Number(window.playgroundRoom ?? start.settings.max_new_tokens));
    this.#trigger = trigger;
    this.#server = server;
    const edit = () => this.#change(() => this.#state.edit());
    this.form = new TaskForm(start.tasks, edit, (asked) => server.read_csv(asked), () => trigger("write", {}));
    this.labels = new LabelPanel(() => this.#builder.askLabels(), () => this.compared.tell());
    const learn = async () => void (await fetchVocabulary());
    this.#builder = new Builder(this.#state, server, this.form, this.labels, learn, (sentence) => this.#refuse(sentence), (kinds) => this.show(kinds));
    this.same = new SameTokens(textOf, () => {
      for (const column of this.#state.columns) column.want();
    });
    const columns = () => this.#state.columns;
    this.compared = new Compared(columns, this.labels, textOf);
    const parts = { form: this.form, columns, labels: this.labels, compared: this.compared.element, same: this.same.element };
    this.takeaway = new TakeAway(parts, start, (asked) => server.read_texts(asked));
    const on = { onRun: () => this.#press(), onStop: () => this.#stop(), onAdd: () => this.#add(), onLink: () => this.#copyLink() };
    this.bar = new RunBar(on, this.takeaway.menu.element);
    const { caption, element: compared } = this.compared;
    const above = [this.form.element, this.bar.element, this.bar.notice, caption.element];
    this.element = make("div", "pg-root pg-prompts", ...above, compared, this.same.element);
    onRunKey(this.element, () => this.#press());
    this.#state.columns = [0, 1, 4].map((shots) => this.#column({ shots }));
    this.#place();
    this.#show();
  }

  async start() {
    try {
      await fetchVocabulary();
    } catch (error) {
      this.#refuse(error.message);
      return;
    }
    if (await this.followLink()) return;
    const refusal = this.#state.notice;
    await this.#open(); // the tab opens with a finished example
    if (refusal) this.#refuse(refusal);
  }

  /**
   * Restores the tab from the page's link, if there is one. Of links that follow each other quickly only the last one
   * counts.
   *
   * @returns {Promise<boolean>} whether there was a link that could be followed
   */
  async followLink() {
    const link = this.#state.follow();
    try {
      const content = await linked();
      if (!content) return false;
      const { answer, error } = await this.#server.read_link(content);
      if (!this.#state.isLatestLink(link)) return true;
      if (error) throw new Error(error);
      this.#restore(answer);
      await this.#press(answer.settings);
      return true;
    } catch (error) {
      if (this.#state.isLatestLink(link)) this.#refuse(error.message);
      return false;
    }
  }

  /** @param {import("./link.js").State} link */
  #restore({ model, task, form, columns, spelling, calibrates, settings, languages }) {
    chooseLanguages(languages);
    this.show(columns, settings.max_new_tokens);
    this.labels.choose(spelling, calibrates);
    this.form.take(task, form);
    this.#trigger("fill", { settings, model, languages });
  }

  /** Puts other columns in the place of all. @param {import("./kind_choice.js").Kind[]} kinds */
  show(kinds, room = this.#state.room) {
    this.#change(() => this.#state.restore(kinds.map((kind) => this.#column(kind)), room));
    this.#place();
  }

  async #copyLink() {
    this.#state.status = await this.takeaway.copyLink();
    this.#show();
  }

  /** Adapts to the chosen model: all results are removed, and the prompts are built for it. */
  suit() {
    this.form.suit();
    this.#change(() => this.#state.edit());
  }

  /** The task and the form in view, the spelling of the label words, and the languages. */
  get asked() {
    const { task, form } = this.form;
    return { task, form, spelling: this.labels.chosenSpelling, languages: languagesInSidebar() };
  }

  /** Puts a text into the columns as their input. @param {string} text */
  put(text) {
    this.form.ask(text);
    this.form.element.scrollIntoView({ block: "nearest" });
  }

  /** @param {import("../distribution/settings.js").Settings} said  some of the settings, from the sliders */
  applySettings(said) {
    Object.assign(this.#state.said, usable(said));
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      for (const column of this.#state.columns) column.reshape();
      this.same.reshape();
      this.compared.tell();
    });
  }

  /** The sidebar has other languages. */
  translate() {
    this.#change(() => this.#state.makeRoom(this.#state.room)); // what was wanted or under way begins again
  }

  /** @param {number} room  the number of tokens that an answer may have */
  applyRoom(room) {
    if (Number(room) !== this.#state.room) this.#change(() => this.#state.makeRoom(Number(room)));
  }

  /**
   * Ends the run and removes all results from the page, because the prompts change. The new ones are built after a
   * pause.
   *
   * @param {() => void} change
   */
  #change(change) {
    if (this.#state.hasBegun) this.#trigger("stop", { run: this.#state.run });
    change();
    this.#show();
    for (const column of this.#state.columns) column.clear();
    this.labels.clear();
    this.same.clear();
    this.compared.tell();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), PAUSE_MS);
  }

  /** Takes news of the run. @param {import("./state.js").News | null} message */
  receive(message) {
    if (!this.#state.isNews(message)) return;
    if (message.error) return this.#cut(message.error);
    for (const [number, news] of Object.entries(message.columns)) this.#state.columns[number].receive(news);
  }

  /** Ends the run with an error, because no news of it will come. @param {string} sentence */
  breakOff(sentence) {
    if (this.#state.isRunning) this.#cut(sentence);
  }

  #cut(sentence) {
    this.#state.fail(sentence);
    this.#show();
  }

  /** Stop ends the evaluation below the columns too. @param {(() => void) | null} stop  null if none runs */
  letStop(stop) {
    this.#stopEvaluation = stop;
    this.#state.evaluate(stop !== null);
    this.#show();
  }

  /** Ends the evaluation and the run, or takes back a press for which the prompts are still being built. */
  #stop() {
    this.#stopEvaluation?.();
    if (this.#state.hasBegun) return this.#trigger("stop", { run: this.#state.run });
    if (this.#state.isRunning) this.#state.giveUp();
    this.#show();
  }

  #column(kind) {
    const column = new Column(kind, {
      textOf,
      onEdit: () => this.#change(() => this.#state.edit()),
      onRemove: () => this.#remove(column),
      onBring: (built, name) => bring(built, name, this.form.task.stop, () => this.#trigger("write", {})),
      onNews: () => this.#onNews(),
      onTurn: () => this.compared.level.set(),
      onFirst: () => this.#showSame(),
      onAnswer: () => this.applySettings({}),
      settings: () => this.#state.said,
      needsWhole: () => this.same.isSeen,
    });
    return column;
  }

  #add() {
    this.#change(() => this.#state.add(this.#column({ shots: 2 })));
    this.#place();
  }

  #remove(column) {
    this.#change(() => this.#state.remove(column));
    this.#place();
    this.bar.add.focus();
  }

  /** Puts the columns on the page. */
  #place() {
    this.element.style.setProperty("--pg-count", String(this.#state.columns.length));
    this.compared.put(this.#state.canRemove);
    this.compared.tell();
  }

  /** @param {import("../distribution/settings.js").Settings} [settings]  used instead of the sidebar's */
  async #press(settings) {
    if (this.#state.isRunning) return;
    this.#state.press();
    this.#show();
    await this.#open(settings);
  }

  /** Builds the prompts, and runs them if that is wanted. @param {import("../distribution/settings.js").Settings} [settings] */
  async #open(settings) {
    const { edition } = this.#state;
    clearTimeout(this.#timer);
    const built = await this.#builder.build();
    this.compared.level.set();
    if (edition !== this.#state.edition) return; // the change has begun to build them again
    if (!built) this.#state.giveUp();
    else if (this.#state.shouldBegin(built.is_busy)) this.#begin(built.columns, settings);
    else if (this.#state.isOpening) this.#state.standBack();
    this.#show();
  }

  #begin(prompts, settings) {
    for (const column of this.#state.columns) column.begin();
    this.same.clear();
    this.#state.begin();
    this.compared.tell();
    const texts = prompts.map(({ text, templated }) => ({ text, templated }));
    const asked = { stop: this.form.task.stop, settings, languages: languagesInSidebar() };
    this.#trigger("run", { run: this.#state.run, model: chosenModel(), prompts: texts, ...asked });
  }

  #onNews() {
    if (!this.#state.columns.every((column) => column.hasEnded)) return;
    this.#state.end();
    this.#show();
  }

  #showSame() {
    this.same.show(this.#state.columns.map((column) => ({ name: column.name, first: column.first })));
    this.compared.tell();
  }

  #refuse(sentence) {
    this.#state.say(sentence);
    this.#show();
  }

  #show() {
    this.bar.show(this.#state);
  }
}
