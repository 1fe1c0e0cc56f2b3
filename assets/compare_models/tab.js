/**
 * The Compare models tab: one prompt on several models, a column each, and two of them compared at the step in view. Joins
 * the parts to Python's messages (see playground/web/panels/compare_models.py). What it holds is in `state.js`.
 */

import { writtenOf } from "../chat/conversation.js";
import { LEGEND } from "../decode/bars.js";
import { Caption } from "../common/caption.js";
import { promptInSidebar } from "../common/controls.js";
import { button, make, rest, setText } from "../common/dom.js";
import { labelled } from "../common/fields.js";
import { t, tParts } from "../common/language.js";
import { openView } from "../common/navigation.js";
import { copied } from "../common/packed_link.js";
import { readText } from "../common/readable.js";
import { scroller } from "../common/scroller.js";
import { takeBrought } from "../common/views.js";
import { usable } from "../distribution/settings.js";
import { ModelChoice } from "../models/choice.js";
import { namesToCompare } from "../models/models.js";
import { languagesInSidebar } from "../models/source_options.js";
import { meant, shown } from "../prompts/fields.js";
import { captionOf } from "./caption.js";
import { Column } from "./column.js";
import { linked, linkTo } from "./link.js";
import { Pair } from "./pair.js";
import { Scoring } from "./scoring.js";
import { FEWEST, MOST, State } from "./state.js";
import { textTokens } from "./texts.js";

const EMPTY = t(
  "Press Run. Each model writes a text from the prompt, the settings and the seed of the sidebar. A column shows the text as the model's own tokens, and the step in view is the same in all of them.",
);

export class ModelsTab {
  #state = new State(namesToCompare());
  /** @type {Column[]} */
  #columns = [];
  #said = {};
  #frame = 0;
  #prompt = ""; // of the latest run
  #languages = {}; // the same
  #tell;
  #server;

  /**
   * @param {Record<"run" | "stop" | "fill", (asked: object) => void>} tell  sends messages to Python; "fill" makes Gradio
   *   fill the sidebar from a link
   * @param {Record<string, (asked: object) => Promise<{answer?: any, error?: string}>>} server
   */
  constructor(tell, server) {
    this.#tell = tell;
    this.#server = server;
    this.element = make("div", "pg-root pg-models");
    this.choice = new ModelChoice(t("Models, {fewest} to {most}", { fewest: FEWEST, most: MOST }), (models) => {
      this.#state.choose(models);
      this.#show();
    });
    this.run = button(t("Run"), () => this.#press(), "pg-button pg-primary");
    this.stop = button(t("Stop"), () => this.#tell.stop({ run: this.#state.run }));
    this.link = button(t("Copy link"), () => this.#copyLink());
    this.ending = make("input", "pg-entry");
    this.ending.spellcheck = false;
    this.ending.placeholder = t("none");
    this.status = make("span", "pg-muted");
    this.status.role = "status";
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    const prompts = button(t("Prompts"), () => openView("compare/prompts"), "pg-link");
    const aside = tParts("To try a prompt with no, one or several examples, choose “Run it on several models” in a column of {prompts}.", { prompts });
    this.empty = make("div", "pg-empty", make("p", "", EMPTY), make("p", "", ...aside));
    this.place = make("div", "pg-prompts-columns");
    const legend = make("div", "pg-legend", ...LEGEND.map(([key, text]) => make("span", `pg-key ${key}`, text)));
    this.place.role = "group";
    this.place.ariaLabel = t("The columns");
    this.caption = new Caption();
    this.caption.describe(this.place);
    this.columns = make("div", "pg-models-columns", scroller(t("The columns"), this.place), legend, this.caption.element);
    this.pair = new Pair(() => this.#compare());
    this.scoring = new Scoring(namesToCompare(), () => this.#inView());
    const bar = make("div", "pg-compare-line", this.run, this.stop, this.link, labelled(t("Stop string"), this.ending), this.status);
    this.element.append(this.choice.element, bar, this.notice, this.empty, this.columns, this.pair.element, this.scoring.element);
    this.showModels();
    this.#show();
  }

  /** Shows which models are loaded, which other visitors change too. */
  showModels() {
    this.choice.show(this.#state.chosen, (model) => this.#state.canChoose(model));
  }

  /** @param {import("../distribution/settings.js").Settings} said  some of the settings, from the sliders */
  applySettings(said) {
    Object.assign(this.#said, usable(said));
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#look();
    });
  }

  /** @param {import("./state.js").News | null} message */
  receive(message) {
    if (!this.#state.isNews(message)) return;
    if (message.error) return this.breakOff(message.error);
    for (const [place, news] of Object.entries(message.columns)) for (const one of news) this.#columns[Number(place)].receive(one);
  }

  /** Ends the run with an error, because no news of it will come. @param {string} sentence */
  breakOff(sentence) {
    if (!this.#state.isRunning) return;
    this.#state.fail(sentence);
    for (const column of this.#columns) column.leave();
    this.#show();
  }

  #press() {
    if (this.#state.canRun) this.#begin(promptInSidebar().prompt, { stop: meant(this.ending.value) });
  }

  /** @param {string} prompt @param {{stop?: string, link?: any}} how  the stop string, or the link with which the texts are written */
  #begin(prompt, how) {
    for (const column of this.#columns) column.leave();
    this.#state.begin();
    this.#prompt = prompt;
    this.#languages = how.link?.written.languages ?? languagesInSidebar();
    this.#columns = this.#state.models.map((name, place) => this.#column(name, place));
    this.place.replaceChildren(...this.#columns.map(({ element }) => element));
    this.element.style.setProperty("--pg-count", String(this.#columns.length));
    this.pair.clear();
    this.#compare();
    this.#show();
    this.#tell.run({ run: this.#state.run, models: this.#state.models, ...how });
  }

  /** Shows what another tab has brought here. */
  takeBrought() {
    const brought = takeBrought();
    if (!brought) return;
    this.ending.value = shown(brought.stop);
    this.#state.tell(brought.said);
    this.#show();
  }

  async #copyLink() {
    const { trace } = this.#columns.find((column) => column.trace);
    const { conversation, settings } = trace.header;
    const plain = { prompt: this.#prompt, chat: false, earlier: [], fields: {}, languages: this.#languages };
    const written = conversation ? writtenOf(conversation) : plain;
    this.#state.tell(await copied(linkTo({ models: this.#state.models, written, settings })));
    this.#show();
  }

  /** Restores the tab from the page's link, if there is one. Of links that follow each other quickly only the last counts. */
  async followLink() {
    const link = this.#state.follow();
    try {
      const content = await linked();
      if (!content) return;
      const { answer, error } = await this.#server.read_link(content);
      if (!this.#state.isLatestLink(link)) return;
      if (error) throw new Error(error);
      this.#restore(/** @type {import("./link.js").Content} */ (content), answer); // the server has checked it
    } catch (error) {
      if (this.#state.isLatestLink(link)) this.#state.say(error.message);
    }
    this.#show();
  }

  /** @param {import("./link.js").Content} content @param {{models: string[], missing: string}} found  on this server */
  #restore(content, { models, missing }) {
    this.#tell.fill(content);
    this.#state.choose(models);
    this.ending.value = shown(content.settings.stop_strings?.[0] ?? "");
    if (this.#state.hasEnough) this.#begin(content.written.prompt, { link: content });
    this.#state.say(missing);
  }

  #column(name, place) {
    const { run } = this.#state;
    return new Column(name, place + 1, {
      onLook: (index) => {
        this.#state.look(index);
        this.#look();
      },
      onNews: () => {
        this.#show();
        this.#compare();
      },
      onRow: () => this.#compare(),
      onAnswer: () => this.applySettings({}),
      onEnd: () => {
        if (run !== this.#state.run) return;
        this.#state.endColumn(place);
        this.#show();
      },
      step: () => this.#state.step,
      follows: () => !this.#state.hasLooked,
      settings: () => this.#said,
    });
  }

  /** Shows the step in view in all columns. */
  #look() {
    for (const column of this.#columns) column.show();
    this.#compare();
  }

  /** Compares two columns, and asks for the rows that this needs. */
  #compare() {
    this.caption.say(captionOf(this.#state.step + 1, this.#columns.map(({ seen }) => seen)));
    this.pair.show(this.#columns, this.#state.step);
    this.scoring.show();
    for (const column of this.#columns) {
      const steps = this.pair.stepsOf(column);
      if (!column.isAskedFor(steps)) column.show(steps);
    }
  }

  /**
   * @returns {{text: string, source: string} | null} the prompt and the text of the first of the compared models, without
   *   special tokens, and the prompt as a source
   */
  #inView() {
    const [column] = this.pair.pair;
    if (!column) return null;
    const { conversation, source_ids } = column.trace.header;
    const written = readText(textTokens(column.trace).map(column.textOf));
    const text = conversation ? written : this.#prompt + written;
    return { text: source_ids?.length ? written.trimStart() : text, source: this.#prompt }; // a decoder's text is its own
  }

  #show() {
    const { isRunning, canRun, models, notice, status } = this.#state;
    rest(this.run, !canRun);
    rest(this.stop, !isRunning);
    rest(this.link, !this.#columns.some((column) => column.trace));
    setText(this.notice, notice);
    setText(this.status, status);
    this.empty.hidden = models.length > 0;
    this.columns.hidden = models.length === 0;
    this.showModels();
    this.scoring.show();
  }
}
