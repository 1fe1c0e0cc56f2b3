/**
 * A button that opens a list of exports. Knows no view: the caller passes the items.
 *
 * The list is a native popover: Escape and a click elsewhere close it. Arrow keys, Home and End move in it.
 */

import { make, setText } from "./dom.js";
import { save } from "./download.js";
import { t } from "./language.js";
import { toPng, toSvg } from "./picture.js";

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {() => string} [hint]  returns a sentence that stands below the label whenever the list is open
 * @property {() => (string | void | Promise<string | void>)} run  the returned text is shown beside the button; an
 *   error's message goes to `onRefusal`
 */

/**
 * Makes two items that save a picture of a part of the page.
 *
 * @param {Element} element
 * @param {() => string} name  returns the file's name without its ending
 * @returns {Item[]}
 */
export function pictureItems(element, name) {
  const svg = () => new Blob([toSvg(element, name())], { type: "image/svg+xml" });
  return [
    { label: t("Picture (PNG)"), run: async () => save(await toPng(element, name()), `${name()}.png`) },
    { label: t("Picture (SVG)"), run: () => save(svg(), `${name()}.svg`) },
  ];
}

export class ExportMenu {
  #items;
  /** @type {(() => void)[]} write the hints of the items that have one */
  #hints = [];
  #onRefusal;

  /**
   * @param {Item[]} items
   * @param {string} [label]  the button's label
   * @param {(sentence: string) => void} [onRefusal]  shows an error's message, and gets "" when another export begins;
   *   without it the status shows the message
   */
  constructor(items, label = t("Export"), onRefusal = (sentence) => this.say(sentence)) {
    this.#onRefusal = onRefusal;
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
    /** The result of the last item, for a place where a sentence fits. */
    this.status = make("span", "pg-menu-status");
    this.status.role = "status";
    this.element = make("span", "pg-menu", this.button, this.list, this.status);
  }

  /** Shows a text beside the button. @param {string} text */
  say(text) {
    setText(this.status, text);
  }

  /** Runs the action of an item, or of a button beside the menu, and shows its result. @param {Item["run"]} run */
  async perform(run) {
    this.#onRefusal("");
    this.say("");
    try {
      const said = await run();
      this.say(typeof said === "string" ? said : "");
    } catch (error) {
      this.#onRefusal(error.message);
    }
  }

  /** @param {Item} item */
  #item({ label, hint, run }) {
    const item = make("button", "pg-menu-item", label);
    item.type = "button";
    item.role = "menuitem";
    item.tabIndex = -1;
    if (hint) this.#addHint(item, label, hint);
    item.addEventListener("click", () => {
      this.list.hidePopover();
      this.perform(run);
    });
    return item;
  }

  #addHint(item, label, hint) {
    const told = make("span", "pg-menu-hint");
    item.append(told);
    item.ariaLabel = label;
    this.#hints.push(() => {
      setText(told, hint());
      item.ariaDescription = told.textContent;
    });
  }

  #onToggle(isOpen) {
    this.button.ariaExpanded = String(isOpen);
    if (!isOpen) return;
    for (const tell of this.#hints) tell();
    const place = this.button.getBoundingClientRect();
    const left = Math.max(8, Math.min(place.left, innerWidth - this.list.offsetWidth - 8));
    this.list.style.left = `${left + scrollX}px`;
    this.list.style.top = `${place.bottom + 4 + scrollY}px`;
    this.#items[0].focus({ preventScroll: true });
  }

  #onKey(event) {
    const at = this.#items.indexOf(document.activeElement);
    const last = this.#items.length - 1;
    const [next, previous] = [at < last ? at + 1 : 0, at > 0 ? at - 1 : last];
    const target = { ArrowDown: next, ArrowUp: previous, Home: 0, End: last }[event.key];
    if (event.key === "Tab") this.list.hidePopover();
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // outside the menu, these keys have other effects
    this.#items[target].focus();
  }
}
