/** A bar whose length is a guess in percent: it is dragged, or moved with the keys of a slider. */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";

const MOST = 100;
/** @type {Record<string, (share: number) => number>} */
const KEYS = {
  ArrowRight: (now) => now + 1,
  ArrowUp: (now) => now + 1,
  ArrowLeft: (now) => now - 1,
  ArrowDown: (now) => now - 1,
  PageUp: (now) => now + 10,
  PageDown: (now) => now - 10,
  Home: () => 0,
  End: () => MOST,
};

export class BarGuess {
  /** The guess in whole percent, null before the first move. @type {number | null} */
  value = null;
  #onChange;

  /** @param {string} label @param {() => void} onChange */
  constructor(label, onChange) {
    this.#onChange = onChange;
    this.fill = make("span", "pg-guess-fill");
    this.element = make("div", "pg-guess-bar", this.fill);
    Object.assign(this.element, { role: "slider", tabIndex: 0, ariaLabel: label, ariaValueMin: "0", ariaValueMax: String(MOST) });
    this.number = make("span", "pg-guess-number");
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener("pointerdown", (event) => this.#onPress(event));
    this.element.addEventListener("pointermove", (event) => this.element.hasPointerCapture(event.pointerId) && this.#moveTo(event));
    this.#show();
  }

  #onKey(event) {
    const move = KEYS[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#set(move(this.value ?? 0));
  }

  #onPress(event) {
    this.element.setPointerCapture(event.pointerId);
    this.#moveTo(event);
  }

  #moveTo({ clientX }) {
    const { left, width } = this.element.getBoundingClientRect();
    this.#set(Math.round((MOST * (clientX - left)) / width));
  }

  #set(value) {
    this.value = Math.min(MOST, Math.max(0, value));
    this.#show();
    this.#onChange();
  }

  #show() {
    const told = this.value === null ? t("no guess yet") : t("{number} %", { number: this.value });
    this.fill.style.width = `${this.value ?? 0}%`;
    this.element.ariaValueNow = String(this.value ?? 0);
    this.element.ariaValueText = told;
    setText(this.number, this.value === null ? t("drag the bar") : told);
  }
}
