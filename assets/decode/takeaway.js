/**
 * Exports the text in view of the Decode tab as files, a link, a picture, a script or settings of another program, and
 * opens trace files and such settings.
 * Knows traces and distributions. The caller says what is in view and takes what was opened.
 */

import { reshape } from "../distribution/distribution.js";
import { make } from "../common/dom.js";
import { copyText, save, saveCsv } from "../common/download.js";
import { ExportMenu, pictureItems } from "../common/export_menu.js";
import { t } from "../common/language.js";
import { isAlone } from "../common/recorded.js";
import { fetchScript, fetchTraceFile, fetchTracePage, fetchWritten } from "../common/server.js";
import { openedFile, openTraceFile } from "../common/trace_file.js";
import { whenAnswered } from "../common/when_answered.js";
import { settingsInSidebar } from "../common/controls.js";
import { settingsItems } from "./copy_settings.js";
import { linkTo } from "./link.js";
import { hintOf, viewsAsked } from "./page_views.js";
import { PasteSettings } from "./paste_settings.js";

const CANDIDATES = [
  "rank", "token_id", "token", "logit", "logit_after_penalties", "raw_probability", "probability", "removed_by",
];
const STEPS = [
  "step", "token_id", "token", "probability", "raw_probability", "rank", "surprisal_bits", "entropy_bits", "draw",
  "kept",
];

/**
 * @typedef {object} InView
 * @property {import("../common/trace.js").Trace} trace
 * @property {import("../common/trace.js").Step} step
 * @property {import("../distribution/row.js").Row} row
 * @property {import("../distribution/settings.js").Settings} settings  the settings in view
 */

export class TakeAway {
  #inView;
  #textOf;

  /**
   * @param {() => InView | null} inView
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {HTMLElement} picture  the element to make a picture of
   * @param {import("./sliders.js").Sliders} sliders  moves the controls to settings that are pasted
   * @param {(message: import("../common/trace.js").Message) => void} onOpen  called when a file has been opened
   * @param {(sentence: string) => void} onRefusal  shows an error's message, and gets "" when another action begins
   */
  constructor(inView, textOf, picture, sliders, onOpen, onRefusal) {
    this.#inView = inView;
    this.#textOf = textOf;
    const tables = [
      { label: t("Candidates (CSV)"), run: () => this.#saveCandidates() },
      { label: t("Steps (CSV)"), run: () => this.#saveSteps() },
    ];
    const ofPicture = pictureItems(picture, () => this.#name());
    const items = [
      ...tables,
      { label: t("Trace, whole (JSON)"), run: () => this.#saveTrace("full") },
      { label: t("Trace, light (JSON)"), run: () => this.#saveTrace("light") },
      { label: t("Page, whole (HTML)"), hint: () => hintOf("full"), run: () => this.#savePage("full") },
      { label: t("Page, light (HTML)"), hint: () => hintOf("light"), run: () => this.#savePage("light") },
      ...ofPicture,
      { label: t("Copy as code"), run: () => this.#copyCode() },
      ...settingsItems(() => this.#settings()),
    ];
    const recorded = [...tables, { label: t("Trace file (JSON)"), run: () => this.#saveTrace("full") }, ...ofPicture];
    this.menu = new ExportMenu(isAlone ? recorded : items, t("Export"), onRefusal);
    /** The result of the last action, for a place where a few words fit. */
    this.status = this.menu.status;
    /** The fold for settings of other programs. The caller places it where there is room. */
    this.paste = new PasteSettings((values) => sliders.move(values));
    const file = make("input");
    file.type = "file";
    file.accept = ".gz,.json,application/gzip,application/json";
    file.hidden = true;
    file.ariaLabel = t("Trace file");
    file.addEventListener("change", () => this.menu.perform(() => open(file, onOpen)));
    const link = this.#button(t("Copy link"), () => this.#copyLink());
    const opening = this.#button(t("Open file"), () => file.click());
    this.element = make("span", "pg-takeaway", this.menu.element, ...(isAlone ? [] : [link, opening, file]));
  }

  #button(label, run) {
    const button = make("button", "pg-button", label);
    button.type = "button";
    button.addEventListener("click", () => this.menu.perform(run));
    return button;
  }

  /** @returns {InView} */
  #seen() {
    const seen = this.#inView();
    if (!seen) throw new Error(t("There is no step in view yet. Generate a text first."));
    return seen;
  }

  /** Returns what is in view. Throws `refusal` if the server does not have the text, because it was not generated here. */
  #generated(refusal) {
    const seen = this.#seen();
    if (seen.trace.header.words) throw new Error(refusal);
    return seen;
  }

  /** Returns the settings in view with those of the text beside them, or those of the sidebar if there is no text. */
  #settings() {
    const seen = this.#inView();
    return seen ? { ...seen.trace.settingsOf(seen.step), ...seen.settings } : settingsInSidebar();
  }

  /** @returns {string} a part of a file's name for the step in view: "step-3" */
  #name() {
    const { trace, step } = this.#seen();
    return trace.nameOf(step.index).replaceAll(" ", "-");
  }

  async #saveCandidates() {
    const { trace, step, row, settings } = this.#seen();
    const [shape] = await whenAnswered((onAnswer) => [reshape(row, trace.momentBefore(step.index, onAnswer), settings)]);
    const rows = Array.from(row.order, (id) => {
      const { rank, logit, penalisedLogit, rawProbability, probability, removedBy } = shape.candidate(id);
      return [rank, id, this.#textOf(id), logit, penalisedLogit, rawProbability, probability, removedBy];
    });
    saveCsv([CANDIDATES, ...rows], `candidates-${this.#name()}.csv`);
  }

  #saveSteps() {
    const rows = this.#seen().trace.steps.map((step) => [
      step.index + 1,
      step.token_id,
      this.#textOf(step.token_id),
      step.probability,
      step.raw_probability,
      step.rank,
      -Math.log2(step.raw_probability),
      step.entropy_bits,
      step.draw,
      step.kept,
    ]);
    saveCsv([STEPS, ...rows], "steps.csv");
  }

  async #saveTrace(kind) {
    const file = openedFile(this.#seen().trace.id)?.file;
    if (file) return save(file, file.name);
    const { trace } = this.#generated(t("Only a text generated here has a trace file. Press Generate to make one."));
    save(await fetchTraceFile(trace.id, kind), kind === "full" ? "trace.json.gz" : "trace-light.json.gz");
  }

  async #savePage(kind) {
    const { trace, step } = this.#generated(
      t("This text comes from a file. The playground that wrote it can save it as a page, or Generate makes a text that can be saved here."),
    );
    this.menu.say(t("The server makes the page …"));
    save(await fetchTracePage(trace.id, kind, viewsAsked(kind, trace, step.index)), kind === "full" ? "text.html" : "text-light.html");
  }

  async #copyLink() {
    const { trace, step } = this.#generated(t("Only a text generated here has a link. Press Generate to make one."));
    const address = linkTo(trace, step.index, await fetchWritten(trace.id));
    if (await copyText(address)) return t("Link copied.");
    history.replaceState(null, "", address);
    throw new Error(t("The browser does not allow copying. The link is now in its address bar."));
  }

  async #copyCode() {
    const { trace, step } = this.#generated(t("Only a text generated here has a script. Press Generate to make one."));
    if (step.index < 0) throw new Error(t("The prompt's tokens were not chosen by the model. Select a step of the text first."));
    const script = await fetchScript(trace.id, step.index);
    if (await copyText(script)) return t("Script copied.");
    save(new Blob([script], { type: "text/x-python" }), "decode.py");
    throw new Error(t("The browser does not allow copying. The script was saved as a file."));
  }
}

async function open(input, onOpen) {
  const [file] = input.files;
  input.value = ""; // so that the same file can be chosen again
  if (file) onOpen((await openTraceFile(file)).message);
}
