/**
 * The button that shows the example of the course, and goes back to the text that was in view before. While the example
 * is in view, the sliders read what its picture shows.
 */

import { make } from "../common/dom.js";
import { t, tParts } from "../common/language.js";
import { Trace } from "../common/trace.js";
import { MESSAGE, NAME, ROW } from "./textbook.js";

export class TextbookButton {
  #state;
  #step;
  #sliders;
  #onTurn;

  /**
   * @param {import("./state.js").State} state
   * @param {import("./step_in_view.js").StepInView} step
   * @param {import("./sliders.js").Sliders} sliders
   * @param {() => void} onTurn  another text has come into view
   */
  constructor(state, step, sliders, onTurn) {
    this.#state = state;
    this.#step = step;
    this.#sliders = sliders;
    this.#onTurn = onTurn;
    const [course, words] = [make("span", "pg-wide", t("from the course")), make("span", "pg-widest", t(": cake, donut, banana"))];
    this.example = make("span", "", ...tParts("Example {course}{words}", { course, words })); // short where there is little room
    this.back = make("span", "", ...tParts("Back {where}", { where: make("span", "pg-back-rest", t("to the text")) }));
    this.element = make("button", "pg-button", this.example, this.back);
    this.element.title = NAME;
    this.element.type = "button";
    this.element.addEventListener("click", () => this.#turn());
  }

  /** Shows what a click does now. */
  show() {
    const { trace } = this.#state;
    this.element.disabled = trace.isRunning;
    const isShown = trace.id === MESSAGE.trace_id;
    this.example.hidden = isShown;
    this.back.hidden = !isShown;
    this.element.ariaLabel = isShown ? t("Back to the text") : NAME;
  }

  #turn() {
    if (this.#state.isAside) {
      this.#state.leaveAside();
      this.#sliders.giveBack();
    } else {
      this.#step.put(MESSAGE.trace_id, 0, ROW);
      this.#state.viewAside(new Trace(MESSAGE));
      this.#sliders.lend(MESSAGE.header.settings);
    }
    this.#onTurn();
  }
}
