/**
 * Shows what went wrong. It lies over the top of the tab and pushes nothing. It stays in view when the page is scrolled,
 * until the reader closes it or goes on. Knows the tab's state.
 */

import { button, make, setText } from "../common/dom.js";
import { keepFocus } from "../common/focus.js";
import { t } from "../common/language.js";

export class Notice {
  #state;

  /**
   * @param {import("./state.js").State} state
   * @param {() => HTMLElement} instead  returns what to focus once the notice is closed
   */
  constructor(state, instead) {
    this.#state = state;
    this.said = make("p", "pg-notice");
    this.said.role = "alert";
    this.close = button("×", () => this.#dismiss(instead), "pg-notice-close");
    this.close.ariaLabel = t("Close the message");
    this.element = make("div", "pg-notice-place", make("div", "pg-notice-card", this.said, this.close));
    this.show();
  }

  show() {
    const { notice } = this.#state;
    setText(this.said, notice);
    this.close.hidden = !notice;
  }

  /** @param {() => HTMLElement} instead */
  #dismiss(instead) {
    this.#state.dismiss();
    keepFocus(this.element, () => this.show(), instead);
  }
}
