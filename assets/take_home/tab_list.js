/** Tabs of which one shows its panel. Arrow keys, Home and End move between them. Knows no view. */

import { make } from "../common/dom.js";

/** @typedef {{id: string, name: string, panel: HTMLElement}} Tab */

export class TabList {
  #tabs;

  /** @param {string} label @param {Tab[]} tabs  the first one is open */
  constructor(label, tabs) {
    this.#tabs = tabs.map(({ id, name, panel }) => ({ id, panel, button: this.#button(id, name, panel) }));
    this.element = make("div", "pg-tab-row", ...this.#tabs.map(({ button }) => button));
    this.element.role = "tablist";
    this.element.ariaLabel = label;
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.open(tabs[0].id);
  }

  /** @returns {HTMLElement[]} */
  get panels() {
    return this.#tabs.map(({ panel }) => panel);
  }

  /** @param {string} id @returns {boolean} whether there is such a tab, which is open now */
  open(id) {
    if (!this.#tabs.some((tab) => tab.id === id)) return false;
    for (const tab of this.#tabs) {
      const isOpen = tab.id === id;
      tab.panel.hidden = !isOpen;
      tab.button.ariaSelected = String(isOpen);
      tab.button.tabIndex = isOpen ? 0 : -1;
    }
    return true;
  }

  #button(id, name, panel) {
    const button = make("button", "pg-tab", name);
    Object.assign(button, { type: "button", role: "tab", id: `pg-tab-${panel.id}` });
    button.setAttribute("aria-controls", panel.id);
    button.addEventListener("click", () => this.open(id));
    panel.role = "tabpanel";
    panel.setAttribute("aria-labelledby", button.id);
    return button;
  }

  #onKey(event) {
    const [at, last] = [this.#tabs.findIndex(({ button }) => button === document.activeElement), this.#tabs.length - 1];
    const target = { ArrowRight: at < last ? at + 1 : 0, ArrowLeft: at > 0 ? at - 1 : last, Home: 0, End: last }[event.key];
    if (target === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere these keys turn to another step
    this.open(this.#tabs[target].id);
    this.#tabs[target].button.focus();
  }
}
