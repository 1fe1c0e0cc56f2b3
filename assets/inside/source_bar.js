/**
 * Lets the reader choose the text to look at: a preset, the one on the Decode tab or an own text, alone or with a second.
 * Knows the presets; the pane in view says what to look at in each. `looking.js` reads the texts.
 */

import { button, make } from "../common/dom.js";
import { t } from "../common/language.js";
import { setTextWith, term } from "../glossary/term.js";
import { ENCODER_PRESETS, LABEL_PRESETS, PRESET_NAMES, PRESETS, SOURCE_PRESETS } from "./texts.js";
import { chosenFacts } from "../models/models.js";
import { isEncoder } from "../models/serving.js";

/** @type {Record<string, Record<string, import("./texts.js").Preset>>} by the family of the model */
const PRESETS_OF = { encoder: ENCODER_PRESETS, "encoder-decoder": SOURCE_PRESETS };
const FOLLOW = "the text on the Decode tab";
const OWN = "a text of my own";
/** @type {Record<string, string>} what the list calls its entries */
const NAMES = { ...PRESET_NAMES, [FOLLOW]: t("the text on the Decode tab"), [OWN]: t("a text of my own") };
const OWN_TARGET = t(
  "The encoder reads this text, and the tokens below are what the decoder writes of it. For a target of your own, write it on the " +
    "Decode tab, in the field below the candidates of step 1, and choose “{source}” here.",
  { source: NAMES[FOLLOW] },
);

export class SourceBar {
  #onRead;
  #onTurn;
  #notes = {};
  #presets = chosenFacts()?.task === "text-classification" ? LABEL_PRESETS : (PRESETS_OF[chosenFacts()?.family] ?? PRESETS);

  /**
   * @param {(texts: string[], preset: string) => void} onRead  called with one text, or with two to compare, and with the
   *   name of the preset, which is empty for own texts
   * @param {(follows: boolean) => void} onTurn  called when the reader turns to the Decode tab's text, or to others
   */
  constructor(onRead, onTurn) {
    this.#onRead = onRead;
    this.#onTurn = onTurn;
    const names = [...Object.keys(this.#presets), ...(isEncoder() ? [] : [FOLLOW]), OWN];
    this.list = make("select", "pg-select", ...names.map((name) => Object.assign(make("option", "", NAMES[name]), { value: name })));
    this.list.ariaLabel = t("Text to look at");
    this.list.addEventListener("change", () => this.#turn());
    this.areas = [t("First text"), t("Second text")].map((label) => this.#area(label));
    this.second = make("input");
    this.second.type = "checkbox";
    this.second.addEventListener("change", () => this.#turnSecond());
    this.read = button(t("Read"), () => this.#read());
    this.note = make("p", "pg-source-note");
    this.noteTerms = [term("induction", t("induction"))];
    this.comparing = make("label", "", this.second, ` ${t("compare with a second text")}`);
    this.own = make("div", "pg-source-own", ...this.areas, this.read, this.comparing);
    this.element = make("div", "pg-source", make("label", "", `${t("text")} `, this.list), this.own, this.note);
    this.#show();
  }

  /** Reads the text that the list shows, which is the first preset when the page opens. */
  begin() {
    if (this.list.value === OWN) this.#read();
    else this.#turn();
  }

  /** @returns {{name: string, texts: string[]}} what is chosen in the list, and the texts in the fields */
  get chosen() {
    return { name: this.list.value, texts: this.areas.slice(0, this.second.checked ? 2 : 1).map((area) => area.value) };
  }

  /** Takes the choice of another bar or of an earlier time, which `begin` then reads. @param {SourceBar["chosen"]} chosen */
  take({ name, texts }) {
    this.list.value = name;
    if (!this.list.value) return this.#fillFirst(); // it was a preset of the other family
    this.#fill(texts);
    this.#show();
  }

  #fillFirst() {
    const [first] = Object.keys(this.#presets);
    this.list.value = first;
    this.#fill(this.#presets[first].texts);
    this.#show();
  }

  /** Writes own texts into the fields. @param {string[]} texts  one or two */
  write(texts) {
    this.list.value = OWN;
    this.#fill(texts);
    this.#show();
  }

  /** Takes what the pane in view says about each preset. @param {Record<string, string>} notes  sentences by name */
  say(notes) {
    this.#notes = notes;
    this.#show();
  }

  /** @param {readonly string[]} texts */
  #fill(texts) {
    for (const [place, area] of this.areas.entries()) area.value = texts[place] ?? "";
    this.second.checked = texts.length > 1;
  }

  get #follows() {
    return this.list.value === FOLLOW;
  }

  #area(label) {
    const area = make("textarea");
    area.ariaLabel = label;
    area.rows = 1;
    area.addEventListener("input", () => {
      this.list.value = OWN;
      this.#show();
    });
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation(); // outside this field, Ctrl+Enter generates
      this.#read();
    });
    return area;
  }

  #turn() {
    const preset = this.#presets[this.list.value];
    if (preset) this.#fill(preset.texts);
    this.#show();
    this.#onTurn(this.#follows);
    if (preset) this.#read(this.list.value);
    else if (!this.#follows) this.areas[0].focus();
  }

  #turnSecond() {
    if (this.second.checked && !this.areas[1].value) this.areas[1].value = this.areas[0].value;
    this.list.value = OWN;
    this.#show();
    if (this.second.checked) this.areas[1].focus();
    else this.#read();
  }

  #show() {
    this.own.hidden = this.#follows;
    this.areas[1].hidden = !this.second.checked;
    this.comparing.hidden = this.list.value !== OWN && !this.second.checked;
    const ofOwn = this.list.value === OWN && this.#presets === SOURCE_PRESETS ? OWN_TARGET : "";
    setTextWith(this.note, this.#notes[this.list.value] ?? ofOwn, this.noteTerms);
    this.note.hidden = !this.note.textContent;
  }

  #read(preset = "") {
    this.#onRead(this.chosen.texts, preset);
  }
}
