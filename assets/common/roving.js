/**
 * Makes a list of elements one stop for the Tab key: one of them can be reached by Tab, and arrow keys, Home and End
 * move the focus among them. Knows elements, not what they mean.
 */

const STEPS = { ArrowUp: -1, ArrowDown: 1 };

export class Roving {
  #itemsOf;
  #now = null;

  /**
   * @param {HTMLElement} container  the element around the items
   * @param {() => HTMLElement[]} itemsOf  returns those that can be reached now, in order
   */
  constructor(container, itemsOf) {
    this.#itemsOf = itemsOf;
    container.addEventListener("keydown", (event) => this.#onKey(event));
    container.addEventListener("focusin", ({ target }) => {
      if (target instanceof HTMLElement && this.#itemsOf().includes(target)) this.#turnTo(target);
    });
  }

  /** Call this after the items have changed. The focus stays in the list when the item that has it is gone. */
  settle() {
    const items = this.#itemsOf();
    const hadFocus = this.#now !== null && this.#now === document.activeElement;
    if (items.includes(this.#now) || !items.length) return;
    this.#turnTo(hadFocus ? items.at(-1) : items[0]);
    if (hadFocus) this.#now.focus({ preventScroll: true });
  }

  #turnTo(item) {
    if (this.#now) this.#now.tabIndex = -1;
    this.#now = item;
    item.tabIndex = 0;
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const items = this.#itemsOf();
    const here = items.indexOf(document.activeElement);
    const to = event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : here + STEPS[event.key];
    if (here < 0 || Number.isNaN(to)) return;
    event.preventDefault();
    items[Math.min(Math.max(to, 0), items.length - 1)].focus();
  }
}
