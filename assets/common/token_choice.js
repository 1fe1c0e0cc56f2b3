/**
 * Makes a list of tokens a listbox with an active descendant, in which one token is chosen. It is one stop for the Tab
 * key. A click, arrow keys, Home and End choose; the up and down arrow keys choose on another line. Knows elements and
 * their indices, not what they mean.
 */

import { nearest } from "./dom.js";
import { onNextLine } from "./lines_of_text.js";

export class TokenChoice {
  #list;
  #scroller;
  #name;
  #onChoose;
  #options = new Map(); // index -> element
  #chosen = null;

  /**
   * @param {HTMLElement} list  the element that holds the options
   * @param {HTMLElement} scroller  the element that scrolls them
   * @param {string} name  the beginning of the options' ids, which no other list has
   * @param {(index: number) => void} onChoose  called when the reader chooses an option; the listener must mark it
   */
  constructor(list, scroller, name, onChoose) {
    this.#list = list;
    this.#scroller = scroller;
    this.#name = name;
    this.#onChoose = onChoose;
    list.role = "listbox";
    list.tabIndex = 0;
    list.ariaOrientation = "horizontal";
    list.addEventListener("click", (event) => {
      const option = nearest(event, "[role=option]");
      if (option) onChoose(Number(option.dataset.index));
    });
    list.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** @returns {boolean} whether there is nothing to choose from */
  get isEmpty() {
    return this.#options.size === 0;
  }

  /** Forgets the options. The caller removes their elements. */
  clear() {
    this.#options.clear();
    this.#chosen = null;
    this.#list.removeAttribute("aria-activedescendant");
  }

  /**
   * @param {HTMLElement} option  an element in the list
   * @param {number} index  its place; below 0 for a prompt's token
   */
  add(option, index) {
    option.role = "option";
    option.id = `${this.#name}-${index}`;
    option.dataset.index = String(index);
    option.ariaSelected = "false";
    this.#options.set(index, option);
  }

  /** Marks an option as the chosen one, if there is one at `index`. */
  mark(index) {
    const option = this.#options.get(index);
    if (index === this.#chosen || !option) return;
    if (this.#chosen !== null) this.#options.get(this.#chosen).ariaSelected = "false";
    this.#chosen = index;
    option.ariaSelected = "true";
    this.#list.setAttribute("aria-activedescendant", option.id);
  }

  /** Marks no option. */
  unmark() {
    if (this.#chosen !== null) this.#options.get(this.#chosen).ariaSelected = "false";
    this.#chosen = null;
    this.#list.removeAttribute("aria-activedescendant");
  }

  /** Scrolls only the list; `scrollIntoView` would move the page too. @param {HTMLElement} option */
  scrollTo(option) {
    const scroller = this.#scroller;
    const top = option.offsetTop - scroller.clientTop;
    const margin = option.offsetHeight / 4;
    if (top - margin < scroller.scrollTop) scroller.scrollTop = top - margin;
    const bottom = top + option.offsetHeight + margin;
    if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.isEmpty) return;
    const indices = [...this.#options.keys()].sort((a, b) => a - b);
    const [first, last] = [Math.min(...indices), Math.max(...indices)];
    const now = this.#chosen ?? -1;
    const home = now > 0 ? 0 : first; // first to the completion's first token, then to the prompt's
    const lines = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const near = { ArrowLeft: this.#beside(now, -1), ArrowRight: this.#beside(now, 1), Home: home, End: last }[event.key];
    const shown = lines ? indices.filter((index) => !this.#isFolded(index)) : [];
    const target = lines ? this.#onLine(shown, shown.indexOf(now), lines) : near;
    if (target === undefined) return;
    event.preventDefault();
    this.#onChoose(Math.min(Math.max(target, first), last));
  }

  /** @returns {number} the next index in a direction whose option is not folded away */
  #beside(index, direction) {
    const next = index + direction;
    return this.#isFolded(next) ? this.#beside(next, direction) : next;
  }

  #isFolded(index) {
    return this.#options.get(index)?.offsetParent === null;
  }

  /** @returns {number} the index of the option above or below the one at a place of `indices` */
  #onLine(indices, place, direction) {
    if (place < 0) return indices[0];
    const boxes = indices.map((index) => {
      const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = this.#options.get(index);
      return { left: offsetLeft, top: offsetTop, width: offsetWidth, height: offsetHeight };
    });
    return indices[onNextLine(boxes, place, direction)];
  }
}
