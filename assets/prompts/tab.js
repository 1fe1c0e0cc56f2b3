/**
 * The Compare prompts tab: holds the task, the columns and the run in view, and connects the form, the server's answers
 * and the columns. An edit removes all results from the page at once. Answers for an earlier edition are dropped.
 *
 * @typedef {object} Start  what the tab begins with
 * @property {string} model
 * @property {import("./task_form.js").Task[]} tasks
 * @property {boolean} has_chat  whether the model has a chat template
 * @property {import("../distribution/settings.js").Settings} settings  the sidebar's, in the controls' order
 *
 * @typedef {object} News  of the run with this number
 * @property {number} run
 * @property {Record<string, import("../common/trace.js").Message>} [columns]  the news of each column, by its number
 * @property {string} [error]
 */

import { CUT } from "../common/connection.js";
import { LEGEND } from "../decode/bars.js";
import { Column } from "./column.js";
import { copyText, fileNameOf, save, saveCsv } from "../common/download.js";
import { ExportMenu } from "../common/export_menu.js";
import { button, make, setText } from "../common/dom.js";
import { LabelPanel } from "./label_panel.js";
import { linked, linkTo } from "./link.js";
import { toPng, toSvg } from "../common/picture.js";
import { markdown } from "./report.js";
import { SameTokens } from "./same_tokens.js";
import { answering, fetchVocabulary } from "../common/server.js";
import { shared } from "./shared.js";
import { usable } from "../distribution/settings.js";
import { TaskForm } from "./task_form.js";

const MOST_COLUMNS = 4;
const PAUSE_MS = 300; // after the last key, before the prompts are built

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: News | null, start: Start}} props
 * @param {(event: string, data: object) => void} trigger  sends an event to Python
 * @param {(name: string, callback: () => void) => void} watch
 * @param {Record<string, (asked: object) => Promise<{answer?: any, error?: string}>>} server
 */
export function mount(element, props, trigger, watch, server) {
  const tab = new PromptsTab(props.start, trigger, answering(server));
  element.replaceChildren(tab.element);
  watch("value", () => tab.receive(props.value));
  if (window.playgroundSettings) tab.applySettings(window.playgroundSettings);

  const life = new AbortController();
  /** @template {Event} E @param {(event: E) => unknown} listener @returns {(event: E) => unknown} */
  const whileMounted = (listener) => (event) => (element.isConnected ? listener(event) : life.abort());
  document.addEventListener("playground:settings", whileMounted((event) => tab.applySettings(event.detail)), life);
  document.addEventListener("playground:room", whileMounted(() => tab.applyRoom(window.playgroundRoom)), life);
  document.addEventListener("playground:cut", whileMounted(() => tab.breakOff()), life);
  addEventListener("hashchange", whileMounted(() => tab.followLink()), life);
  tab.start();
}

class PromptsTab {
  #start;
  #trigger;
  #server;
  #vocabulary = null;
  #columns = [];
  #edition = 0; // number of the prompts' edition, which grows with every edit
  #built = null; // a promise of the prompts of this edition, as the server wrote them
  #timer = 0;
  #question = 0; // number of the latest question about label words
  #run = 0; // number of the latest run
  #isRunning = false;
  #isOpening = true; // until the first run has ended, or something is edited
  #said = {};
  #frame = 0;
  #room; // the number of tokens that an answer may have

  constructor(start, trigger, server) {
    this.#start = start;
    this.#room = Number(window.playgroundRoom ?? start.settings.max_new_tokens);
    this.#trigger = trigger;
    this.#server = server;
    this.form = new TaskForm(start.tasks, start.has_chat, () => this.edit(), (asked) => server.read_csv(asked));
    this.run = button("Run", () => this.#begin(), "pg-button pg-primary");
    this.stop = button("Stop", () => this.#trigger("stop", {}));
    this.add = button("Add a column", () => this.#add({ shots: 2 }));
    this.status = make("span", "pg-prompts-run-status");
    this.status.role = "status";
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.place = make("div", "pg-prompts-columns");
    this.labels = new LabelPanel(() => this.#askLabels());
    shared.form = this.form;
    shared.spelling = () => this.labels.chosenSpelling;
    this.same = new SameTokens((id) => this.#textOf(id));
    const legend = make("div", "pg-legend", ...LEGEND.map(([key, text]) => make("span", `pg-key ${key}`, text)));
    this.compared = make("div", "pg-prompts-compared", this.place, make("div", "pg-prompts-side", this.labels.element, legend));
    this.export = this.#exportMenu();
    const link = button("Copy link", () => this.#copyLink());
    const bar = make("div", "pg-prompts-run-bar", this.run, this.stop, this.add, this.export.element, link, this.status);
    const main = this.compared;
    this.element = make("div", "pg-root pg-prompts", this.form.element, bar, this.notice, main, this.same.element);
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    for (const shots of [0, 1, 4]) this.#columns.push(this.#column({ shots }));
    this.#place();
    this.#showRunning(false);
  }

  async start() {
    try {
      this.#vocabulary = await fetchVocabulary();
    } catch (error) {
      this.#say(error.message);
      return;
    }
    if (await this.followLink()) return;
    const refusal = this.notice.textContent;
    await this.#open(); // the tab opens with a finished example
    if (refusal) this.#say(refusal);
  }

  /** Restores the tab from the page's link, if there is one. @returns {Promise<boolean>} whether it did */
  async followLink() {
    try {
      const state = await linked();
      if (!state) return false;
      const { answer, error } = await this.#server.read_link(state);
      if (error) throw new Error(error);
      this.#restore(answer);
      await this.#begin(answer.settings);
      return true;
    } catch (error) {
      this.#say(error.message);
      return false;
    }
  }

  /** @param {import("./link.js").State} link */
  #restore({ task, form, columns, spelling, calibrates, settings }) {
    this.#columns = columns.map((kind) => this.#column(kind));
    this.#place();
    this.#room = settings.max_new_tokens;
    this.labels.choose(spelling, calibrates);
    this.form.take(task, form);
    this.#trigger("fill", { settings });
  }

  async #copyLink() {
    const { task, form } = this.form;
    const { spelling, calibrates } = this.labels.choice;
    const columns = this.#columns.map((column) => column.kind);
    const what = { model: this.#start.model, task, form, columns, spelling, calibrates, settings: this.#settingsToLink() };
    const link = await linkTo(what);
    if (await copyText(link)) return setText(this.status, "The link is copied.");
    history.replaceState(null, "", link);
    setText(this.status, "The browser does not allow copying; the link now stands in its address bar.");
  }

  /** Returns the settings of the texts in view, or the sidebar's if there are no texts. */
  #settingsToLink() {
    const names = Object.keys(this.#start.settings);
    const controls = window.playgroundControls ?? Object.values(this.#start.settings);
    const sidebar = Object.fromEntries(names.map((name, place) => [name, controls[place]]));
    const made = this.#columns.map((column) => column.record.settings).find((settings) => settings) ?? sidebar;
    return Object.fromEntries(names.map((name) => [name, made[name]]));
  }

  #exportMenu() {
    const name = () => fileNameOf(this.form.task.name);
    const title = () => `Compare prompts: ${this.form.task.name}`;
    const text = (content, type, ending) => save(new Blob([content], { type }), `${name()}.${ending}`);
    return new ExportMenu([
      { label: "Prompts and completions as Markdown", run: async () => text(markdown(title(), await this.#records()), "text/markdown", "md") },
      {
        label: "Prompts and completions as JSON",
        run: async () => {
          const whole = { task: this.form.task, form: this.form.form, columns: await this.#records() };
          text(JSON.stringify(whole, null, 2), "application/json", "json");
        },
      },
      { label: "Label words as CSV", run: () => saveCsv(this.labels.rows, `${name()}-labels.csv`) },
      { label: "Columns as PNG", run: async () => save(await toPng(this.compared, title()), `${name()}.png`) },
      { label: "Columns as SVG", run: () => text(toSvg(this.compared, title()), "image/svg+xml", "svg") },
      { label: "Same tokens as PNG", run: async () => save(await toPng(this.same.element, title()), `${name()}-tokens.png`) },
      { label: "Same tokens as SVG", run: () => text(toSvg(this.same.element, title()), "image/svg+xml", "svg") },
    ]);
  }

  /** Returns the columns' records with their completions' exact text. */
  async #records() {
    const records = this.#columns.map((column) => column.record);
    const { answer, error } = await this.#server.read_texts({ ids: records.map(({ completion_ids }) => completion_ids) });
    if (error) throw new Error(error);
    const chosen = this.labels.answers?.map((found) => found[this.labels.chosenSpelling]);
    return records.map((record, place) => ({ ...record, completion: answer[place], labels: chosen?.[place] ?? null }));
  }

  /** @param {import("../distribution/settings.js").Settings} said  some of the settings, from the sliders */
  applySettings(said) {
    Object.assign(this.#said, usable(said));
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      for (const column of this.#columns) column.reshape();
      this.same.reshape();
    });
  }

  /** @param {number} room  the number of tokens that an answer may have */
  applyRoom(room) {
    if (Number(room) === this.#room) return;
    this.#room = Number(room);
    this.#drop();
    this.#timer = setTimeout(() => (this.#isOpening ? this.#open() : this.#build()), PAUSE_MS);
  }

  /** Removes all results and builds the prompts again after a pause, because the task or a column has changed. */
  edit() {
    this.#isOpening = false;
    this.#drop();
    this.#timer = setTimeout(() => this.#build(), PAUSE_MS);
  }

  /** Removes all results from the page and ends the run, because they belong to earlier prompts. */
  #drop() {
    this.#edition += 1;
    this.#built = null;
    this.#question += 1;
    if (this.#isRunning) this.#trigger("stop", {});
    this.#run += 1; // so that news of the earlier run is ignored
    this.#showRunning(false);
    this.#say("");
    for (const column of this.#columns) column.clear();
    this.labels.clear();
    this.same.clear();
    clearTimeout(this.#timer);
  }

  /** Takes news of the run. @param {News | null} message */
  receive(message) {
    if (message?.run !== this.#run) return;
    if (message.error) {
      this.#say(message.error);
      this.#showRunning(false);
      return;
    }
    for (const [number, news] of Object.entries(message.columns)) this.#columns[number].receive(news);
  }

  /** Ends the run with an error, because the connection is lost. */
  breakOff() {
    if (this.#isRunning) this.receive({ run: this.#run, error: CUT });
  }

  /** Handles Ctrl+Enter, which runs the columns on this tab and generates on the others. */
  #onKey(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!this.#isRunning) this.#begin();
  }

  #textOf(id) {
    return this.#vocabulary[id] ?? `#${id}`;
  }

  #column(kind) {
    const column = new Column(kind, {
      textOf: (id) => this.#textOf(id),
      onEdit: () => this.edit(),
      onRemove: () => this.#remove(column),
      onNews: () => this.#onNews(),
      onFirst: () => this.#showSame(),
      settings: () => this.#said,
    });
    return column;
  }

  #add(kind) {
    this.#columns.push(this.#column(kind));
    this.#place();
    this.edit();
  }

  #remove(column) {
    this.#columns = this.#columns.filter((other) => other !== column);
    this.#place();
    this.edit();
    this.add.focus();
  }

  #place() {
    this.place.replaceChildren(...this.#columns.map((column) => column.element));
    this.element.style.setProperty("--pg-count", String(this.#columns.length));
    this.add.disabled = this.#columns.length >= MOST_COLUMNS;
    for (const column of this.#columns) column.canBeRemoved = this.#columns.length > 1;
  }

  /**
   * @returns {Promise<import("./column.js").Built[] | null>} the current task's prompts, null if they cannot be built
   *   or are out of date
   */
  #build() {
    clearTimeout(this.#timer);
    this.#built ??= this.#ask();
    return this.#built;
  }

  async #ask() {
    const edition = this.#edition;
    const answer_tokens = this.#room;
    const columns = this.#columns.map((column) => column.kind);
    const asked = { task: this.form.task, form: this.form.form, answer_tokens, columns };
    const { answer, error } = await this.#server.build_columns(asked);
    if (edition !== this.#edition) return null;
    this.#say(error ?? "");
    if (error) return null;
    const largest = Math.max(...answer.columns.map((built) => built.ids?.length ?? 0)) + answer_tokens;
    this.#columns.forEach((column, number) => {
      column.show(answer.columns[number], { ...answer, answer_tokens, largest, examples: asked.task.examples });
    });
    if (answer.columns.some((built) => built.error)) return null;
    this.#askLabels(answer.columns);
    return answer.columns;
  }

  async #askLabels(built) {
    const prompts = built ?? (await this.#built);
    const { labels } = this.form.task;
    if (!prompts) return;
    const names = this.#columns.map((column) => column.name);
    if (!labels.length) {
      this.labels.showNone();
      return;
    }
    this.labels.wait(this.form.form !== "plain");
    const { isCalibrated, spellings } = this.labels;
    this.#question += 1;
    const question = this.#question;
    const { answer, error } = await this.#server.ask_labels({
      labels,
      spellings,
      prompts: prompts.map(({ text, templated, content_free }) => ({
        text,
        templated,
        content_free: isCalibrated ? content_free : null,
      })),
    });
    if (question !== this.#question) return;
    if (error) this.labels.refuse(error);
    else this.labels.show(names, labels, answer);
  }

  /**
   * Runs the opening prompts once. It may begin again, because restored controls may change the room for the answer.
   */
  async #open() {
    await this.#build();
    if (this.#isOpening && !this.#isRunning) await this.#begin();
  }

  /** @param {import("../distribution/settings.js").Settings} [settings]  used instead of the sidebar's */
  async #begin(settings) {
    const edition = this.#edition;
    const prompts = await this.#build();
    if (!prompts || edition !== this.#edition || this.#isRunning) return;
    for (const column of this.#columns) column.begin();
    this.same.clear();
    this.#run += 1;
    this.#showRunning(true);
    this.#say("");
    const texts = prompts.map(({ text, templated }) => ({ text, templated }));
    this.#trigger("run", { run: this.#run, prompts: texts, stop: this.form.task.stop, settings });
  }

  #onNews() {
    if (!this.#columns.every((column) => column.hasEnded)) return;
    this.#isOpening = false;
    this.#showRunning(false);
  }

  #showSame() {
    this.same.show(this.#columns.map((column) => ({ name: column.name, first: column.first })));
  }

  #showRunning(isRunning) {
    this.#isRunning = isRunning;
    this.run.disabled = isRunning;
    this.stop.disabled = !isRunning;
    setText(this.status, isRunning ? "running" : "");
  }

  #say(sentence) {
    setText(this.notice, sentence);
  }
}
