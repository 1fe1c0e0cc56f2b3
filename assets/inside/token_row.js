/**
 * Shows the tokens of a text, of which one is chosen: the query. A pane that looks at pairs of tokens has a key besides,
 * and may shade the tokens by the weights that the query gives them.
 *
 * The row is a listbox with one stop for the Tab key. Arrow keys, Home and End choose the query; with Shift they choose
 * the key, if there is one. A click chooses the query, a click with Shift the key.
 */

import { make, nearest } from "../common/dom.js";
import { t } from "../common/language.js";

let rows = 0; // how many there are, for the ids of their tokens

export class TokenRow {
  #options = [];
  #query = -1;
  #key = null;
  #seen = 0; // how many tokens have a shade
  #onQuery;
  #onKey;
  #onHover;
  #id = `pg-text-${++rows}`;

  /**
   * @param {string} name  for screen readers
   * @param {(query: number) => void} onQuery
   * @param {((key: number | null) => void) | null} [onKey]  called with the chosen key, null for none; without it there are no keys
   * @param {(token: number | null) => void} [onHover]  called with the token under the pointer, null for none
   */
  constructor(name, onQuery, onKey = null, onHover = () => {}) {
    this.#onQuery = onQuery;
    this.#onKey = onKey;
    this.#onHover = onHover;
    this.element = make("div", "pg-text-tokens");
    this.element.role = "listbox";
    this.element.tabIndex = 0;
    this.element.ariaLabel = name;
    this.element.ariaOrientation = "horizontal";
    this.element.addEventListener("click", (event) => this.#onClick(event));
    this.element.addEventListener("keydown", (event) => this.#onKeyDown(event));
    this.element.addEventListener("pointerover", (event) => this.#onHover(indexOf(event)));
    this.element.addEventListener("pointerleave", () => this.#onHover(null));
  }

  /** Begins with another text. @param {string[]} tokens  the tokens' texts as they are shown */
  begin(tokens) {
    this.#options = tokens.map((text, index) => {
      const option = make("span", "pg-token", text);
      option.role = "option";
      option.id = `${this.#id}-${index}`;
      option.dataset.index = String(index);
      option.ariaSelected = "false";
      return option;
    });
    this.#query = -1;
    this.#key = null;
    this.element.removeAttribute("aria-activedescendant");
    const breaks = tokens.map((text) => (text.includes("⏎") ? [document.createElement("br")] : []));
    this.element.replaceChildren(...this.#options.flatMap((option, index) => [option, ...breaks[index]]));
    this.element.scrollTop = 0;
  }

  /** @param {number} query @param {number | null} key  null for none */
  choose(query, key) {
    if (this.#options[this.#query]) this.#options[this.#query].ariaSelected = "false";
    this.#options[this.#key]?.classList.remove("pg-key-token");
    this.#query = query;
    this.#key = key;
    this.#options[key]?.classList.add("pg-key-token");
    const option = this.#options[query];
    if (!option) return;
    option.ariaSelected = "true";
    this.element.setAttribute("aria-activedescendant", option.id);
    this.#scrollTo(this.#options[key] ?? option);
  }

  /** Removes the shades until there are weights again. */
  clear() {
    for (const option of this.#options) {
      delete option.dataset.heat;
      option.title = "";
    }
  }

  /**
   * @param {number} seen  how many tokens have a shade; the others come later
   * @param {(token: number) => number | "hidden"} shadeOf  returns the shade of a token, which common.css paints for [data-heat]
   * @param {(token: number) => string} words  returns what a token's shade means
   */
  shade(seen, shadeOf, words) {
    this.#seen = seen;
    this.#options.forEach((option, index) => {
      const isSeen = index < seen;
      option.classList.toggle("pg-later-token", !isSeen);
      option.title = isSeen ? words(index) : t("comes later");
      if (isSeen) option.dataset.heat = shadeOf(index);
      else delete option.dataset.heat;
    });
  }

  #onClick(event) {
    const index = indexOf(event);
    if (index === null) return;
    if (event.shiftKey && this.#onKey) this.#onKey(index === this.#key ? null : index);
    else this.#onQuery(index);
  }

  #onKeyDown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#options.length) return;
    const isKey = event.shiftKey && this.#onKey !== null;
    const last = (isKey ? this.#seen : this.#options.length) - 1;
    const at = isKey ? this.#key ?? this.#query : this.#query;
    const target = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const index = Math.min(Math.max(target, 0), last);
    if (isKey) this.#onKey(index);
    else this.#onQuery(index);
  }

  /** Scrolls only the row; `scrollIntoView` would move the page too. */
  #scrollTo(option) {
    const row = this.element;
    const top = option.offsetTop;
    if (top < row.scrollTop) row.scrollTop = top - 4;
    const bottom = top + option.offsetHeight;
    if (bottom > row.scrollTop + row.clientHeight) row.scrollTop = bottom - row.clientHeight + 4;
  }
}

/** @param {Event} event @returns {number | null} */
const indexOf = (event) => {
  const option = nearest(event, "[role=option]");
  return option ? Number(option.dataset.index) : null;
};
