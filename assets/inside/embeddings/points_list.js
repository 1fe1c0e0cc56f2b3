/**
 * Lists the points of the picture, for the keyboard and for readers who do not see the picture. It is a listbox with one
 * stop for the Tab key: arrows move in it, Enter, the space bar and a click choose up to two words.
 */

import { kindOf, NEAR_GLYPH, SIGNS } from "./signs.js";
import { make, nearest } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { Roving } from "../../common/roving.js";

export class PointsList {
  /** @type {import("./state.js").Point[]} */
  #points = [];
  /** @type {HTMLElement[]} */
  #options = [];

  /** @param {(id: number) => void} onChoose */
  constructor(onChoose) {
    this.element = make("div", "pg-space-list");
    this.element.role = "listbox";
    this.element.ariaLabel = t("Points: choose two words");
    this.element.ariaMultiSelectable = "true";
    this.roving = new Roving(this.element, () => this.#options);
    const choose = (event) => {
      const option = nearest(event, "[data-id]");
      if (option) onChoose(Number(option.dataset.id));
      return option;
    };
    this.element.addEventListener("click", choose);
    this.element.addEventListener("keydown", (event) => {
      if (!["Enter", " "].includes(event.key) || event.ctrlKey || event.metaKey) return;
      event.stopPropagation(); // elsewhere on the page these keys have other effects
      if (choose(event)) event.preventDefault();
    });
  }

  /** @param {import("./state.js").State} state */
  draw({ points, groups, chosen }) {
    if (points !== this.#points) this.#begin(points, groups);
    this.#options.forEach((option, place) => {
      option.ariaSelected = String(chosen.includes(points[place].id));
    });
  }

  #begin(points, groups) {
    this.#points = points;
    const hadFocus = this.element.contains(document.activeElement);
    this.#options = points.map((point) => optionOf(point, groups));
    this.element.replaceChildren(...this.#options);
    this.roving.settle();
    if (hadFocus) this.#options[0]?.focus({ preventScroll: true });
  }
}

/** @param {import("./state.js").Point} point @param {import("./groups.js").Group[]} groups */
function optionOf(point, groups) {
  const sign = make("span", "pg-space-sign", point.near === null ? SIGNS[point.group].glyph : NEAR_GLYPH);
  sign.ariaHidden = "true";
  sign.dataset.group = point.near === null ? String(point.group) : "near";
  const option = make("div", "pg-space-point", sign, make("span", "pg-token", point.text), make("span", "pg-muted", kindOf(point, groups)));
  option.role = "option";
  option.tabIndex = -1;
  option.dataset.id = String(point.id);
  return option;
}
