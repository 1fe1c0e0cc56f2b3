/**
 * The button that shows the example of the course, and goes back to the text that was in view before. While the example
 * is in view, the sliders read what its picture shows.
 */

import { make, setText } from "../common/dom.js";
import { Trace } from "../common/trace.js";
import { MESSAGE, NAME, ROW } from "./textbook.js";

const SHORT = NAME.split(" ")[0]; // where there is little room

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
    this.short = make("span", "", SHORT);
    const [source, words] = NAME.slice(SHORT.length).split(/(?=:)/);
    this.rest = make("span", "", make("span", "pg-wide", source), make("span", "pg-widest", words));
    this.restOfBack = make("span", "pg-back-rest", " to the text");
    this.element = make("button", "pg-button", this.short, this.rest, this.restOfBack);
    this.element.title = NAME;
    this.element.type = "button";
    this.element.addEventListener("click", () => this.#turn());
  }

  /** Shows what a click does now. */
  show() {
    const { trace } = this.#state;
    this.element.disabled = trace.isRunning;
    const isShown = trace.id === MESSAGE.trace_id;
    setText(this.short, isShown ? "Back" : SHORT);
    this.rest.hidden = isShown;
    this.restOfBack.hidden = !isShown;
    this.element.ariaLabel = isShown ? "Back to the text" : NAME;
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
