/**
 * A button that opens a list of things to take away. Knows no view: it is given what the list offers.
 *
 * The list is a native popover: Escape and a click elsewhere close it. Arrow keys, Home and End move in it.
 */

import { make, setText } from "./dom.js";

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {() => (string | void | Promise<string | void>)} run  what it returns is said beside the button; a
 *   rejection's message too
 */

export class ExportMenu {
  #items;

  /**
   * @param {Item[]} items
   * @param {string} [label]  of the button
   */
  constructor(items, label = "Export") {
    this.button = make("button", "pg-button pg-menu-button", label, " ▾");
    this.button.type = "button";
    this.button.ariaLabel = label;
    this.button.ariaHasPopup = "menu";
    this.button.ariaExpanded = "false";
    this.#items = items.map((item) => this.#item(item));
    this.list = make("div", "pg-menu-list", ...this.#items);
    this.list.role = "menu";
    this.list.ariaLabel = label;
    this.list.popover = "auto";
    this.button.popoverTargetElement = this.list;
    this.list.addEventListener("toggle", (event) => this.#onToggle(event.newState === "open"));
    this.list.addEventListener("keydown", (event) => this.#onKey(event));
    /** What the last item came to; place it where a sentence fits. */
    this.status = make("span", "pg-menu-status");
    this.status.role = "status";
    this.element = make("span", "pg-menu", this.button, this.list, this.status);
  }

  /** Says something beside the button. @param {string} text */
  say(text) {
    setText(this.status, text);
  }

  #item({ label, run }) {
    const item = make("button", "pg-menu-item", label);
    item.type = "button";
    item.role = "menuitem";
    item.tabIndex = -1;
    item.addEventListener("click", async () => {
      this.list.hidePopover();
      this.say("");
      try {
        this.say((await run()) ?? "");
      } catch (error) {
        this.say(error.message);
      }
    });
    return item;
  }

  #onToggle(isOpen) {
    this.button.ariaExpanded = String(isOpen);
    if (!isOpen) return;
    const place = this.button.getBoundingClientRect();
    const left = Math.max(8, Math.min(place.left, innerWidth - this.list.offsetWidth - 8));
    this.list.style.left = `${left + scrollX}px`;
    this.list.style.top = `${place.bottom + 4 + scrollY}px`;
    this.#items[0].focus({ preventScroll: true });
  }

  #onKey(event) {
    const at = this.#items.indexOf(document.activeElement);
    const last = this.#items.length - 1;
    const target = { ArrowDown: at < last ? at + 1 : 0, ArrowUp: at > 0 ? at - 1 : last, Home: 0, End: last }[event.key];
    if (event.key === "Tab") this.list.hidePopover();
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // these keys turn pages elsewhere
    this.#items[target].focus();
  }
}
