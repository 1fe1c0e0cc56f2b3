/**
 * Shows what the model reads and, below each token, what stands there in what it puts out. A click on a word masks it, and a
 * click on a masked word that is in view puts it back; so do Enter and Space. Arrow keys move from token to token.
 *
 * @typedef {object} Cell  one token
 * @property {string} reads  what the model reads
 * @property {string} out  what stands below it
 * @property {string} said  both, for who sees neither place nor colour
 * @property {"text" | "blank" | "filled" | "special"} kind
 * @property {number} [shade]  0 to 7
 * @property {number} [label]  the number of its label, for its colour
 */

import { make, nearest, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { TokenChoice } from "../common/token_choice.js";

export class TokenRow {
  #choice;
  #onToggle;
  #of = null; // the text whose tokens the options are
  /** @type {HTMLElement[]} */
  #options = [];
  #selected = null;

  /**
   * @param {(place: number) => void} onChoose  a token comes into view
   * @param {(place: number) => void} onToggle  a word is to be masked, or to come back
   */
  constructor(onChoose, onToggle) {
    this.#onToggle = onToggle;
    this.list = make("div", "pg-fill-list");
    this.list.ariaLabel = t("Tokens");
    this.list.addEventListener("click", (event) => this.#onClick(event), { capture: true }); // before the choice changes
    this.list.addEventListener("keydown", (event) => this.#onKey(event));
    this.scroller = make("div", "pg-fill-scroller", this.list);
    this.heads = [make("span", "", t("in")), make("span", "", t("out"))];
    const names = make("div", "pg-fill-names", ...this.heads);
    names.ariaHidden = "true";
    this.element = make("div", "pg-fill-row", names, this.scroller);
    this.#choice = new TokenChoice(this.list, this.scroller, "pg-fill", onChoose);
  }

  /** @param {string} out  what stands below each token, "" for nothing */
  suit(out) {
    setText(this.heads[1], out);
    this.element.classList.toggle("pg-fill-in-only", !out);
  }

  /**
   * @param {object} text  the text that was read: another one has other options
   * @param {Cell[]} cells  in the order of the text
   * @param {number | null} selected  the place of the token in view
   */
  show(text, cells, selected) {
    if (text !== this.#of) this.#begin(text, cells.length);
    this.#selected = selected;
    for (const [place, cell] of cells.entries()) this.#fill(this.#options[place], cell);
    if (selected === null) this.#choice.unmark();
    else {
      this.#choice.mark(selected);
      this.#choice.scrollTo(this.#options[selected]);
    }
  }

  #begin(text, size) {
    this.#of = text;
    this.#choice.clear();
    this.#options = Array.from({ length: size }, (_, place) => {
      const option = make("div", "pg-fill-token", make("span", "pg-token"), make("span", "pg-fill-out"));
      this.#choice.add(option, place);
      return option;
    });
    this.list.replaceChildren(...this.#options);
  }

  /** @param {HTMLElement} option @param {Cell} cell */
  #fill(option, { reads, out, said, kind, shade, label }) {
    const [read, below] = /** @type {HTMLElement[]} */ ([...option.children]);
    setText(read, reads);
    setText(below, out);
    option.dataset.kind = kind;
    below.ariaHidden = String(out === reads); // it is said once
    if (option.title !== said) option.title = option.ariaDescription = said;
    if (shade === undefined) delete read.dataset.shade;
    else read.dataset.shade = String(shade);
    if (label === undefined) delete option.dataset.label;
    else option.dataset.label = String(label);
  }

  #onClick(event) {
    const option = nearest(event, "[role=option]");
    if (!option) return;
    const place = Number(option.dataset.index);
    const comesIntoView = ["blank", "filled"].includes(option.dataset.kind) && place !== this.#selected;
    if (!comesIntoView) queueMicrotask(() => this.#onToggle(place)); // once the token is in view
  }

  #onKey(event) {
    if (![" ", "Enter"].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || this.#selected === null) return;
    event.preventDefault();
    this.#onToggle(this.#selected);
  }
}
