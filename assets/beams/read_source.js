/** A line that shows what an encoder read, where nothing is chosen in it. Draws what it is given. */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { breakable } from "../common/word_breaks.js";

export class ReadSource {
  #textOf;

  /** @param {(id: number) => string} textOf  returns a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    this.text = make("span");
    this.element = make("p", "pg-read-source", make("strong", "", `${t("What the encoder read")} `), this.text);
    this.element.hidden = true;
  }

  /** @param {number[]} ids  none for a model without an encoder, for which there is no line */
  show(ids) {
    this.element.hidden = !ids.length;
    this.text.replaceChildren(...breakable(ids.map((id) => make("span", "pg-token", this.#textOf(id)))));
  }
}
