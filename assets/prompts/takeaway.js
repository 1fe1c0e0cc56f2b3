/**
 * What can be taken away from the Compare prompts tab: a link that restores it, and its prompts, completions, label
 * words and pictures as files.
 */

import { furtherSettings } from "../common/further_settings.js";
import { fileNameOf, save, saveCsv } from "../common/download.js";
import { ExportMenu } from "../common/export_menu.js";
import { t } from "../common/language.js";
import { copied } from "../common/packed_link.js";
import { toPng, toSvg } from "../common/picture.js";
import { between } from "../models/language_lists.js";
import { chosenModel } from "../models/models.js";
import { languagesInSidebar } from "../models/source_options.js";
import { linkTo } from "./link.js";
import { markdown } from "./report.js";

/**
 * @typedef {object} Parts  of the tab
 * @property {import("./task_form.js").TaskForm} form
 * @property {() => import("./column.js").Column[]} columns
 * @property {import("./label_panel.js").LabelPanel} labels
 * @property {HTMLElement} compared  what shows the columns
 * @property {HTMLElement} same  what shows the same tokens
 */

export class TakeAway {
  #parts;
  #start;
  #readTexts;

  /**
   * @param {Parts} parts
   * @param {import("./tab.js").Start} start
   * @param {(asked: object) => Promise<{answer?: any, error?: string}>} readTexts
   */
  constructor(parts, start, readTexts) {
    this.#parts = parts;
    this.#start = start;
    this.#readTexts = readTexts;
    this.menu = this.#menu();
  }

  /** @returns {Promise<string>} a sentence that says where the link is, or why there is none */
  copyLink() {
    const { form, columns, labels } = this.#parts;
    const what = { model: chosenModel(), task: form.task, form: form.form, columns: columns().map(({ kind }) => kind) };
    return copied(linkTo({ ...what, ...labels.choice, settings: this.#settings, languages: languagesInSidebar() }));
  }

  /** The settings of the texts in view, or the sidebar's if there are no texts. */
  get #settings() {
    const named = Object.keys(this.#start.settings);
    const controls = window.playgroundControls ?? Object.values(this.#start.settings);
    const further = furtherSettings();
    const sidebar = { ...Object.fromEntries(named.map((name, place) => [name, controls[place]])), ...further };
    const made = this.#parts.columns().map((column) => column.record.settings).find((settings) => settings) ?? sidebar;
    return Object.fromEntries([...named, ...Object.keys(further)].map((name) => [name, made[name]]));
  }

  #menu() {
    const { form, labels, compared, same } = this.#parts;
    const name = () => fileNameOf(form.task.name);
    const title = () => `Compare prompts: ${form.task.name}${between(languagesInSidebar())}`;
    const text = (content, type, ending) => save(new Blob([content], { type }), `${name()}.${ending}`);
    return new ExportMenu([
      { label: t("Prompts and completions as Markdown"), run: async () => text(markdown(title(), await this.#records()), "text/markdown", "md") },
      {
        label: t("Prompts and completions as JSON"),
        run: async () => {
          const whole = { task: form.task, form: form.form, languages: languagesInSidebar(), columns: await this.#records() };
          text(JSON.stringify(whole, null, 2), "application/json", "json");
        },
      },
      { label: t("Label words as CSV"), run: () => saveCsv(labels.rows, `${name()}-labels.csv`) },
      { label: t("Columns as PNG"), run: async () => save(await toPng(compared, title()), `${name()}.png`) },
      { label: t("Columns as SVG"), run: () => text(toSvg(compared, title()), "image/svg+xml", "svg") },
      { label: t("Same tokens as PNG"), run: async () => save(await toPng(same, title()), `${name()}-tokens.png`) },
      { label: t("Same tokens as SVG"), run: () => text(toSvg(same, title()), "image/svg+xml", "svg") },
    ]);
  }

  /** Returns the columns' records with their completions' exact text. */
  async #records() {
    const records = this.#parts.columns().map((column) => column.record);
    const { answer, error } = await this.#readTexts({ ids: records.map(({ completion_ids }) => completion_ids) });
    if (error) throw new Error(error);
    const { answers, chosenSpelling } = this.#parts.labels;
    const chosen = answers?.map((found) => found[chosenSpelling]);
    return records.map((record, place) => ({ ...record, completion: answer[place], labels: chosen?.[place] ?? null }));
  }
}
