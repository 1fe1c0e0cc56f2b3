/**
 * Lets the reader choose what a column's prompt is: a number of examples, or a free text.
 *
 * @typedef {{shots: number, free?: undefined} | {free: string, shots?: undefined}} Kind  how many examples, or the text
 */

import { make } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { option } from "./fields.js";
import { setTextWith, term } from "../glossary/term.js";

/** The number of shots that stands for all examples that fit. */
export const ALL = 1_000_000;
const FREE = "free";

/** The options of the menu. */
const options = () => [
  ...Array.from({ length: 9 }, (_, shots) => option(tn("{n} shot", "{n} shots", shots), shots)),
  option(t("all that fit"), ALL),
  option(t("free prompt"), FREE),
];

export class KindChoice {
  /**
   * @param {Kind} kind
   * @param {() => string} draft  returns the text with which a free prompt begins
   * @param {() => void} onEdit
   */
  constructor(kind, draft, onEdit) {
    this.title = make("h3", "pg-prompts-column-title");
    this.terms = [term("shot")];
    this.choice = make("select", "pg-select", ...options());
    this.choice.ariaLabel = t("Examples in this column");
    this.choice.value = kind.free === undefined ? String(kind.shots) : FREE;
    this.choice.addEventListener("change", () => {
      if (this.#isFree && !this.free.value) this.free.value = draft();
      this.#show();
      onEdit();
    });
    this.free = make("textarea", "pg-prompts-field");
    this.free.ariaLabel = t("Free prompt");
    this.free.rows = 4;
    this.free.value = kind.free ?? "";
    this.free.addEventListener("input", onEdit);
    this.#show();
  }

  get #isFree() {
    return this.choice.value === FREE;
  }

  /** @returns {Kind} */
  get kind() {
    return this.#isFree ? { free: this.free.value } : { shots: Number(this.choice.value) };
  }

  /** @returns {string} "One-shot" */
  get name() {
    const { shots } = this.kind;
    if (shots > 1) return shots === ALL ? t("Few-shot, all") : t("Few-shot, {shots}", { shots });
    return this.#title;
  }

  /** What stands above the column, whose menu has the number of examples. */
  get #title() {
    const { shots } = this.kind;
    if (shots === undefined) return t("Free prompt");
    return [t("Zero-shot"), t("One-shot")][shots] ?? t("Few-shot");
  }

  #show() {
    this.free.hidden = !this.#isFree;
    setTextWith(this.title, this.#title, this.terms);
  }
}
