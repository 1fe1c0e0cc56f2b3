/** A slider with a field for its number and a button that takes it back, as the playground's sidebar has them. */

import { button, make } from "../common/dom.js";
import { t } from "../common/language.js";

export class Slider {
  value = NaN;
  #first = NaN;

  /**
   * @param {string} name  the setting's
   * @param {string} label
   * @param {[low: number, high: number, step: number]} range
   * @param {() => void} onChange  called when the reader has changed the value
   */
  constructor(name, label, [low, high, step], onChange) {
    this.range = this.#field("range", t("range slider for {name}", { name: label }), low, high, step);
    this.number = this.#field("number", t("number input for {name}", { name: label }), low, high, step);
    this.range.id = `pg-range-${name}`;
    this.range.addEventListener("input", () => this.#take(Number(this.range.value), onChange));
    this.number.addEventListener("input", () => this.number.value && this.number.validity.valid && this.#take(Number(this.number.value), onChange));
    this.number.addEventListener("change", () => this.#take(this.number.value ? within(Number(this.number.value), low, high) : this.value, onChange));
    const back = button("↺", () => this.#take(this.#first, onChange), "reset-button");
    back.ariaLabel = t("Reset {name}", { name: label });
    const says = make("label", "", make("span", "", label));
    says.htmlFor = this.range.id;
    this.element = make("div", "block pg-compact", make("div", "head", says, this.number, back), this.range);
    this.element.id = `pg-control-${name}`;
  }

  /** Shows a value, which may be outside the range. @param {number} value */
  show(value) {
    this.value = value;
    this.range.value = this.number.value = String(value);
    const { min, max } = this.range;
    const share = (Number(this.range.value) - Number(min)) / (Number(max) - Number(min));
    this.range.style.setProperty("--range_progress", `${100 * share}%`);
  }

  /** Shows the value to which the button goes back. @param {number} value */
  begin(value) {
    this.#first = value;
    this.show(value);
  }

  #take(value, onChange) {
    const isOther = value !== this.value;
    this.show(value);
    if (isOther) onChange();
  }

  #field(type, label, low, high, step) {
    const field = make("input");
    const step_ = type === "number" ? "any" : step; // a number may lie between the slider's steps
    Object.assign(field, { type, min: String(low), max: String(high), step: String(step_), ariaLabel: label });
    return field;
  }
}

const within = (value, low, high) => Math.min(Math.max(value, low), high);
