/** The view with one sentence and a model of each family: what its tokens see, what it puts out, and what it is for. */

import { Caption } from "../common/caption.js";
import { button, make, patch, setText } from "../common/dom.js";
import { t, tParts } from "../common/language.js";
import { labelled, select } from "../common/fields.js";
import { SHADES } from "../common/shading.js";
import { captionOf } from "./caption.js";
import { FamilyColumn } from "./column.js";
import { FAMILIES, SENTENCES } from "./families.js";

const FIRST = t("Press Run: the three models read the sentence, each in its own way.");

export class FamiliesTab {
  #hasRun = false;

  constructor() {
    this.sentence = this.#field();
    this.french = this.#field();
    this.inFrench = labelled(t("In French"), this.french);
    this.columns = FAMILIES.map((family) => new FamilyColumn(family, () => this.#choose(), (told) => this.#tell(told)));
    this.examples = select(t("Examples"), ["", ...SENTENCES.map(({ english }) => english)], {
      wordsOf: (name) => name || t("Examples"),
      onChange: (chosen) => this.#take(SENTENCES.find(({ english }) => english === chosen)),
    });
    this.examples.options[0].disabled = true;
    const run = button(t("Run"), () => this.#run(), "pg-button pg-primary");
    this.bar = make("div", "pg-compare-line pg-families-bar", labelled(t("Sentence"), this.sentence), this.inFrench, this.examples, run);
    this.said = make("p", "", FIRST);
    this.legend = make("p", "", ...howToRead());
    this.legend.hidden = true;
    this.caption = new Caption();
    this.caption.say("");
    const row = make("div", "pg-families-columns", ...this.columns.map(({ element }) => element));
    this.element = make("div", "pg-root pg-families", this.bar, row, make("div", "pg-families-legend pg-muted", this.said, this.legend), this.caption.element);
    this.#fill(SENTENCES[0]);
    this.#showField();
  }

  /** Shows which models are loaded, which other visitors change too. */
  showModels() {
    for (const column of this.columns) column.showModels();
  }

  /** The server answers again. */
  goOn() {
    for (const column of this.columns) column.goOn().then(() => this.#showAnswers());
  }

  #field() {
    const field = make("input", "pg-entry");
    field.addEventListener("keydown", (event) => event.key === "Enter" && this.#run());
    return field;
  }

  #fill({ english, french }) {
    this.sentence.value = english;
    this.french.value = french;
  }

  /** Another model is chosen in a column. */
  #choose() {
    this.#showField();
    if (this.#hasRun) this.#run();
  }

  #showField() {
    this.inFrench.hidden = !this.columns.some((column) => column.readsFrench);
  }

  #take(sentence) {
    this.examples.selectedIndex = 0;
    this.#fill(sentence);
    this.#run();
  }

  /**
   * Says what the cell under the pointer shows; with "", how the tables are to be read, if there are any.
   *
   * @param {string} told
   */
  #tell(told) {
    const hasTables = this.columns.some((column) => column.hasTables);
    const isBusy = this.columns.some((column) => column.isBusy);
    setText(this.said, told || (hasTables || isBusy ? "" : FIRST));
    this.said.hidden = !this.said.textContent;
    this.legend.hidden = !hasTables || Boolean(told);
  }

  /** Says what the tables show that are there. */
  #showAnswers() {
    this.#tell("");
    this.caption.say(captionOf(this.columns.flatMap(({ answered }) => answered ?? [])));
    this.caption.describe(...this.element.querySelectorAll(".pg-pattern"));
  }

  #run() {
    this.#hasRun = true;
    for (const column of this.columns) {
      column.run(column.readsFrench ? this.french.value : this.sentence.value).then(() => this.#showAnswers());
    }
    this.#tell("");
  }
}

/** How the tables are to be read, with the shades of their cells. */
function howToRead() {
  const scale = make("span", "", ...Array.from({ length: SHADES }, (_, shade) => patch("heat", shade)));
  return tParts(
    "A row is a token that looks, a column one that it looks at, in the same order. " +
      "Little {scale} to much of its weight (mean of all heads of all layers, as a root). " +
      "{hidden} It may not look. Point at a cell for its number. What is written is greedy.",
    { scale, hidden: patch("heat", "hidden") },
  );
}
