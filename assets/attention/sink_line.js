/** Shows the sentence about the first token's weight, in which the word "sink" explains itself. */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { setTextWith, term } from "../glossary/term.js";
import { sinkSentence } from "./words.js";

export class SinkLine {
  #terms = [term("sink", t("sink"))];

  constructor() {
    this.element = make("p", "pg-sink");
  }

  /** @param {import("./weights.js").Weights | null} row  null for none @param {boolean} hidesFirst */
  show(row, hidesFirst) {
    setTextWith(this.element, row ? sinkSentence(row, hidesFirst) : "", this.#terms);
  }
}
