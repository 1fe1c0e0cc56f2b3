/** The field of one setting of a stage. Knows the setting's rule and slider, not the stage. */

import { make } from "../../common/dom.js";
import { usable } from "../../distribution/settings.js";
import { RULES } from "../../distribution/stages/all.js";
import { t } from "../../common/language.js";
import { read, unread, written } from "./written_value.js";

/**
 * @typedef {object} Field
 * @property {HTMLInputElement | HTMLTextAreaElement} input
 * @property {HTMLInputElement | null} range  a slider with the same value
 * @property {(value: any) => void} show
 * @property {(sentence: string) => void} refuse  marks the value as one that the server refuses; "" as one that it takes
 */

/**
 * @param {import("../../distribution/stages/all.js").Parameter} parameter
 * @param {string} label  what a screen reader calls the value
 * @param {(value: unknown) => void} onChange  called with a value that the setting may have
 * @returns {Field}
 */
export function fieldOf(parameter, label, onChange) {
  return RULES[parameter.name].kind === "number" ? new NumberField(parameter, label, onChange) : new WordsField(parameter, label, onChange);
}

/** A number, and a slider if the setting has one. Both hold the same value. */
class NumberField {
  #name;
  #value = NaN;
  #isTyped = false; // the number is being typed, and no value from elsewhere replaces it
  #isDragged = false;

  constructor({ name, slider }, label, onChange) {
    this.#name = name;
    const { low, high } = RULES[name];
    this.input = inputOf("number", label, { min: low, max: high, step: "any" });
    this.range = slider && inputOf("range", t("{setting}, slider", { setting: label }), { min: slider[0], max: slider[1], step: slider[2] });
    this.input.addEventListener("input", () => {
      this.#isTyped = true;
      this.#tell(this.input.valueAsNumber, onChange);
    });
    for (const event of ["change", "blur"]) this.input.addEventListener(event, () => this.#settle());
    this.range?.addEventListener("input", () => this.#tell(this.range.valueAsNumber, onChange));
    this.range?.addEventListener("pointerdown", () => {
      this.#isDragged = true;
    });
    for (const event of ["pointerup", "pointercancel"]) {
      this.range?.addEventListener(event, () => {
        this.#isDragged = false;
      });
    }
  }

  /** @param {number} value  the setting's */
  show(value) {
    this.#value = value;
    const text = String(Number(value.toPrecision(6)));
    if (this.range && !this.#isDragged && this.range.valueAsNumber !== value) this.range.value = text;
    const isBusy = this.#isTyped && document.activeElement === this.input;
    if (!isBusy && this.input.value !== text) this.input.value = text;
  }

  /** @param {string} sentence */
  refuse(sentence) {
    mark(this.input, sentence);
  }

  /** A number that the setting cannot have gives way to the one in force. */
  #settle() {
    this.#isTyped = false;
    this.show(this.#value);
  }

  #tell(value, onChange) {
    if (this.#name in usable({ [this.#name]: value })) onChange(value);
  }
}

/** How each kind of value is written, in a few words. @type {Record<string, string>} */
const HINTS = { texts: t("one text a line"), choices: t("one text a line"), biases: " text = 2", pair: "10 1.1", regex: "[0-9]+" };

/**
 * A value that is written in words. It holds as soon as the reader leaves the field, because half a word is another one. If
 * the text is no value, the event "playground:unread" has the sentence that says so, and later "" once it is one.
 */
class WordsField {
  range = null;
  #kind;
  #value = null;
  #unread = "";
  #refusal = "";

  constructor({ name }, label, onChange) {
    this.#kind = RULES[name].kind;
    this.input = make("textarea", "pg-field-words");
    Object.assign(this.input, { rows: 1, ariaLabel: label, placeholder: HINTS[this.#kind] ?? "", spellcheck: false });
    this.input.addEventListener("change", () => {
      const value = read(this.#kind, this.input.value);
      this.#tell(value === undefined ? unread(this.#kind, this.input.value) : "");
      if (value !== undefined) onChange(value);
    });
  }

  show(value) {
    const isNew = JSON.stringify(value) !== JSON.stringify(this.#value);
    this.#value = value;
    if (!isNew) return;
    this.input.value = written(this.#kind, value);
    this.#tell("");
  }

  /** @param {string} sentence */
  refuse(sentence) {
    this.#refusal = sentence;
    mark(this.input, this.#unread || sentence);
  }

  #tell(sentence) {
    const isOther = sentence !== this.#unread;
    this.#unread = sentence;
    this.refuse(this.#refusal);
    if (isOther) this.input.dispatchEvent(new CustomEvent("playground:unread", { detail: sentence, bubbles: true }));
  }
}

/** Says on a field, for the mouse and a screen reader, why its value is none; "" that it is one. */
function mark(input, sentence) {
  input.ariaInvalid = String(sentence !== "");
  if (input.title !== sentence) input.title = sentence;
}

function inputOf(type, label, attributes) {
  const element = make("input", `pg-field-${type}`);
  Object.assign(element, { type, ...attributes });
  element.ariaLabel = label;
  return element;
}
