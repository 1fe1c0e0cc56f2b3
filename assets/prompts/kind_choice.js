/**
 * Lets the reader choose what a column's prompt is: a number of examples, or a free text.
 *
 * @typedef {{shots: number, free?: undefined} | {free: string, shots?: undefined}} Kind  how many examples, or the text
 */

import { make } from "../common/dom.js";
import { plural } from "../common/words.js";
import { option } from "./fields.js";
import { setTextWith, term } from "../glossary/term.js";

/** The number of shots that stands for all examples that fit. */
export const ALL = 1_000_000;
const FREE = "free";

/** The options of the menu. */
const options = () => [
  ...Array.from({ length: 9 }, (_, shots) => option(plural(shots, "shot"), shots)),
  option("all that fit", ALL),
  option("free prompt", FREE),
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
    this.choice.ariaLabel = "Examples in this column";
    this.choice.value = kind.free === undefined ? String(kind.shots) : FREE;
    this.choice.addEventListener("change", () => {
      if (this.#isFree && !this.free.value) this.free.value = draft();
      this.#show();
      onEdit();
    });
    this.free = make("textarea", "pg-prompts-field");
    this.free.ariaLabel = "Free prompt";
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
    if (shots === undefined) return "Free prompt";
    return ["Zero-shot", "One-shot"][shots] ?? `Few-shot, ${shots === ALL ? "all" : shots}`;
  }

  #show() {
    this.free.hidden = !this.#isFree;
    setTextWith(this.title, this.name.split(",")[0], this.terms);
  }
}
