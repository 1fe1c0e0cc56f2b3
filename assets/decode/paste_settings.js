/**
 * The fold in which settings of another program are pasted: it moves the controls to them and tells what was taken, what
 * was translated, and what could not be taken. Knows the server's answer. The caller moves the controls.
 *
 * @typedef {object} Pasted  see playground/web/settings_elsewhere.py
 * @property {string} kind
 * @property {Record<string, any>} settings  those that are on
 * @property {string | string[]} order
 * @property {{name: string, value: string}[]} unknown
 * @property {{name: string, value: string}[]} ignored
 * @property {string[]} notes
 * @property {string[]} refused
 */

import { moveSlider, sliderOf } from "../common/controls.js";
import { button, make, setText } from "../common/dom.js";
import { fetchSettingsPasted } from "../common/server.js";
import { settingsInForce } from "../common/words.js";
import { OFF } from "../distribution/settings.js";
import { FORMS } from "./forms.js";
import { t } from "../common/language.js";

const HINT = t(
  "A llama.cpp command line, a request to llama.cpp, OpenAI or vLLM (JSON), a preset of text-generation-webui or " +
    "SillyTavern, or a generation_config.json.",
);
const MOST_NAMES = 12; // of a list that one does not read to its end

export class PasteSettings {
  #move;

  /** @param {(values: (now: Record<string, any>) => Record<string, any>) => void} move  moves the controls */
  constructor(move) {
    this.#move = move;
    this.text = make("textarea", "pg-input pg-paste-text");
    Object.assign(this.text, { rows: 4, spellcheck: false, maxLength: 100_000, placeholder: "llama-cli --temp 0.7 --top-k 20" });
    this.text.ariaLabel = t("Settings of another program");
    this.apply = button(t("Apply"), () => this.#apply());
    this.status = make("span", "pg-paste-status");
    this.status.role = "status";
    this.list = make("ul", "pg-paste-list");
    const row = make("div", "pg-paste-row", this.apply, this.status);
    const summary = make("summary", "", t("Paste settings"));
    this.element = make("details", "pg-details pg-paste", summary, make("p", "pg-muted", HINT), this.text, row, this.list);
  }

  async #apply() {
    this.list.replaceChildren();
    setText(this.status, "");
    try {
      this.#take(await fetchSettingsPasted(this.text.value));
    } catch (error) {
      setText(this.status, error.message);
    }
  }

  /** @param {Pasted} pasted */
  #take(pasted) {
    const { seed, max_new_tokens: length, ...others } = pasted.settings;
    const wanted = { ...OFF, strategy: "sample", ...others, order: pasted.order };
    if (length !== undefined && sliderOf("max_new_tokens")) moveSlider("max_new_tokens", length);
    this.#move((now) => {
      const missing = Object.keys(wanted).filter((name) => !(name in now) && name in { ...others, order: 0 });
      this.#tell(pasted, missing.filter((name) => name !== "order" || pasted.order !== "transformers"));
      return seed === undefined ? wanted : { ...wanted, seed, lock: true };
    });
  }

  /** @param {Pasted} pasted @param {string[]} missing  the settings for which the page has no control */
  #tell({ kind, settings, order, unknown, ignored, notes, refused }, missing) {
    const held = Object.fromEntries(Object.entries({ ...settings, order }).filter(([name]) => !missing.includes(name)));
    const others = ["max_new_tokens", "seed"].filter((name) => name in settings).map((name) => `${name} ${settings[name]}`);
    setText(this.status, t("Read as {form}. Taken: {settings}.", { form: FORMS[kind], settings: [settingsInForce(held), ...others].join(", ") }));
    const named = unknown.map(({ name, value }) => `${name} ${value}`);
    const lines = [
      ...notes,
      ...refused,
      ...(missing.length ? [t("This page has no control for {names}.", { names: listed(missing) })] : []),
      ...(named.length ? [t("Unknown here: {names}.", { names: listed(named) })] : []),
      ...(ignored.length ? [t("Without effect here: {names}.", { names: listed(ignored.map(({ name }) => name)) })] : []),
    ];
    this.list.replaceChildren(...lines.map((line) => make("li", "", line)));
  }
}

/** @param {string[]} names @returns {string} their beginning, and how many there are more */
function listed(names) {
  const more = names.length - MOST_NAMES;
  const named = names.slice(0, MOST_NAMES).join(", ");
  return more > 0 ? t("{names} and {more} more", { names: named, more }) : named;
}
