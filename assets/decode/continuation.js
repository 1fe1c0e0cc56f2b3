/**
 * A field for a text with which to continue from the step in view, and the hint that a click on a candidate does so
 * too.
 */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";

export class Continuation {
  /** @param {(text: string) => void} onText  called with the unchanged text of the field */
  constructor(onText) {
    this.input = make("input", "pg-input");
    this.input.ariaLabel = t("Continue with this text from the step in view");
    this.input.placeholder = t("any text");
    this.input.title = t("This text replaces the token in view. Begin it with a space for a new word.");
    this.input.maxLength = 2000;
    this.button = make("button", "pg-button", t("Continue"));
    this.button.type = "submit";
    const hint = make("span", "pg-hint", t("Click a candidate to continue with it, or write a text:"));
    this.element = make("form", "pg-continuation", hint, this.input, this.button);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      onText(this.input.value);
    });
  }

  /** Empties the field after its text was used. */
  clear() {
    this.input.value = "";
  }
}
