/** The line above the tree: a slider over its steps, and whether dropped candidates are shown. Draws what it is given. */

import { make, setText } from "../common/dom.js";
import { labelled } from "../common/fields.js";
import { t } from "../common/language.js";

export class StepsLine {
  /**
   * @param {{turn: (step: number) => void, drop: (withDropped: boolean) => void}} on
   * @param {HTMLElement} exports  the menu at the end of the line
   */
  constructor(on, exports) {
    this.slider = make("input", "pg-beam-slider");
    Object.assign(this.slider, { type: "range", min: 1, max: 1, value: 1, ariaLabel: t("Steps shown") });
    this.slider.addEventListener("input", () => on.turn(this.slider.valueAsNumber));
    this.place = make("span");
    const dropped = make("input");
    dropped.type = "checkbox";
    dropped.addEventListener("change", () => on.drop(dropped.checked));
    this.element = make("div", "pg-compare-line", labelled(t("Steps"), this.slider), this.place);
    this.element.append(labelled(t("show dropped candidates"), dropped), exports);
  }

  /** @param {number} step  the last one in view @param {number} depth  the last one of all */
  show(step, depth) {
    this.slider.max = String(Math.max(1, depth));
    this.slider.value = String(step);
    setText(this.place, t("{step} of {all}", { step, all: depth }));
  }
}
