/**
 * Draws the tabs: one row for the page, and under it a second row for a tab that has several views. The arrow keys move
 * along a row and open what they reach. Knows no names of views.
 */

import { openedView, openView, panelId, tabs, tabsWithin } from "./common/navigation.js";
import { make } from "./common/dom.js";
import { t } from "./common/language.js";
import { unserved } from "./unserved.js";

/** The next tab is at the left where the page is written from right to left. */
const TO_THE_RIGHT = document.documentElement.dir === "rtl" ? -1 : 1;
const STEPS = { ArrowLeft: -TO_THE_RIGHT, ArrowRight: TO_THE_RIGHT };

/** Called by gr.HTML's js_on_load. @param {HTMLElement} element  the element to which the rows are appended */
export function mount(element) {
  const first = new Row(t("Views"));
  const rows = tabs().map(({ label }) => ({ label, row: new Row(label) }));
  const show = () => {
    first.show(tabs());
    for (const { label, row } of rows) row.show(tabs().some((tab) => tab.isOpen && tab.label === label) ? tabsWithin(label) : []);
    keepFocus(first);
  };
  element.append(first.element, ...rows.map(({ row }) => row.element), unserved());
  for (const event of ["playground:view", "playground:model"]) document.addEventListener(event, show);
  show();
}

class Row {
  /** @param {string} label  for screen readers */
  constructor(label) {
    this.element = make("div", "pg-tab-row");
    this.element.role = "tablist";
    this.element.ariaLabel = label;
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Shows the tabs of a row, which are always the same; a row that is not shown has none. @param {import("./common/navigation.js").Tab[]} shown */
  show(shown) {
    this.element.hidden = !shown.length;
    while (this.element.childElementCount < shown.length) this.element.append(tabButton());
    shown.forEach(({ label, id, isOpen }, place) => {
      const tab = /** @type {HTMLButtonElement} */ (this.element.children[place]);
      tab.textContent = label;
      tab.dataset.view = id;
      tab.ariaSelected = String(isOpen);
      tab.tabIndex = isOpen ? 0 : -1;
      if (isOpen) tab.setAttribute("aria-controls", panelId(id));
      else tab.removeAttribute("aria-controls");
    });
  }

  /** The tab of this row that is open. */
  get selected() {
    return /** @type {HTMLElement | null} */ (this.element.querySelector("[aria-selected=true]"));
  }

  #onKey(event) {
    const all = /** @type {HTMLElement[]} */ ([...this.element.children]);
    const place = all.indexOf(event.target) + (STEPS[event.key] ?? 0);
    const ends = { Home: all[0], End: all.at(-1) };
    const next = ends[event.key] ?? (event.key in STEPS ? all.at(place % all.length) : null);
    if (!next || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    next.focus();
    openView(next.dataset.view);
  }
}

function tabButton() {
  const tab = make("button", "pg-tab");
  tab.type = "button";
  tab.role = "tab";
  tab.addEventListener("click", () => openView(tab.dataset.view));
  return tab;
}

/** Where the focus was in a view or a row that is not shown any more, the open tab has it now. @param {Row} first */
function keepFocus(first) {
  const focused = document.activeElement;
  const panel = focused?.closest("[role=tabpanel]");
  const isGone = panel ? panel.id !== panelId(openedView()) : focused?.closest(".pg-tab-row")?.matches("[hidden]");
  if (isGone) first.selected?.focus({ preventScroll: true });
}
