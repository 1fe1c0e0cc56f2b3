/**
 * One cut on the curve: its lines, its name, and, if its place on the curve has a value, a grip. The grip is dragged with
 * the mouse or moved by arrow keys, and the controls of its setting follow.
 */

import { changeSettings } from "../common/controls.js";
import { setText } from "../common/dom.js";
import { draw, set } from "../common/svg.js";
import { deed, label } from "../common/words.js";
import { onSlider, valueAfter } from "./cut_keys.js";
import { t } from "../common/language.js";

/** What each grip moves. Its value is said with its name. */
const GRIPS = {
  top_k: t("Cut after a rank"),
  top_p: t("Cut at a cumulative probability"),
  min_p: t("Cut at a share of the highest probability"),
};

export class Cut {
  #stage = null;
  /** @type {import("./cut_keys.js").Control} the slider of the cut's setting */
  #slider;

  /**
   * @param {import("../distribution/stages/all.js").Stage} stage
   * @param {(stage: import("../distribution/distribution.js").Stage, event: PointerEvent) => number} valueAt  returns
   *   the setting's value for the pointer's place
   */
  constructor({ name, parameters, valueAt: canMove }, valueAt) {
    this.name = name;
    this.line = draw("path", "pg-curve-cut");
    this.grip = draw("path", "pg-curve-grip", { "data-cut": name });
    this.text = draw("text", "pg-curve-name", { "data-name": name });
    this.element = draw("g", "", {}, this.line, this.grip);
    if (!canMove) return;
    const [min, max, step] = parameters[0].slider;
    this.#slider = { min, max, step };
    this.element.classList.add("pg-curve-drag");
    set(this.grip, { role: "slider", tabindex: "0", "aria-label": GRIPS[name] ?? t("Cut of {stage}", { stage: label(name) }), "aria-valuemin": min, "aria-valuemax": max });
    this.grip.addEventListener("keydown", (event) => this.#onKey(event));
    this.grip.addEventListener("pointerdown", (event) => this.#onDrag(event, valueAt));
  }

  /** Shows upright lines at `places`. */
  stand(places, top, bottom, stage) {
    this.#show(places.map((x) => `M${x} ${top}V${bottom}`).join(""), "ew-resize", stage);
  }

  /** Shows a level line. */
  lie(height, left, right, stage) {
    this.#show(`M${left} ${height}H${right}`, "ns-resize", stage);
  }

  /** @param {string} words @param {import("./curve_names.js").Place} place */
  write(words, { x, y, anchor }) {
    setText(this.text, words);
    set(this.text, { x, y, "text-anchor": anchor });
  }

  /** @param {boolean} isShown */
  reveal(isShown) {
    this.element.toggleAttribute("hidden", !isShown);
    this.text.toggleAttribute("hidden", !isShown);
  }

  #show(path, cursor, stage) {
    this.#stage = stage;
    set(this.line, { d: path });
    set(this.grip, { d: path });
    this.element.style.cursor = cursor;
    for (const part of [this.element, this.text]) part.classList.toggle("pg-curve-off", stage.off);
    if (!this.element.classList.contains("pg-curve-drag")) return;
    set(this.grip, { "aria-valuenow": stage.value, "aria-valuetext": deed(stage) });
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const value = valueAfter(event.key, this.name, this.#stage.value, this.#slider);
    if (value === null) return;
    event.preventDefault();
    this.#move(value);
  }

  #move(value) {
    changeSettings({ [this.name]: onSlider(value, this.#slider) });
  }

  #onDrag(event, valueAt) {
    event.preventDefault();
    this.grip.focus({ preventScroll: true });
    this.grip.setPointerCapture(event.pointerId);
    const follow = new AbortController();
    this.grip.addEventListener("pointermove", (moved) => this.#move(valueAt(this.#stage, moved)), follow);
    for (const end of ["pointerup", "pointercancel"]) this.grip.addEventListener(end, () => follow.abort(), follow);
  }
}
