/** The button that shows the step of the textbook, and goes back to the text that was in view before. */

import { make, setText } from "../common/dom.js";
import { Trace } from "../common/trace.js";
import { MESSAGE, ROW } from "./textbook.js";

export class TextbookButton {
  #state;
  #step;
  #onTurn;

  /**
   * @param {import("./state.js").State} state
   * @param {import("./step_in_view.js").StepInView} step
   * @param {() => void} onTurn  another text has come into view
   */
  constructor(state, step, onTurn) {
    this.#state = state;
    this.#step = step;
    this.#onTurn = onTurn;
    this.element = make("button", "pg-button");
    this.element.type = "button";
    this.element.addEventListener("click", () => this.#turn());
  }

  /** Shows what a click does now. */
  show() {
    const { trace } = this.#state;
    this.element.disabled = trace.isRunning;
    setText(this.element, trace.id === MESSAGE.trace_id ? "Back to the text" : "Textbook step");
  }

  #turn() {
    if (this.#state.isAside) this.#state.leaveAside();
    else {
      this.#step.put(MESSAGE.trace_id, 0, ROW);
      this.#state.viewAside(new Trace(MESSAGE));
    }
    this.#onTurn();
  }
}
