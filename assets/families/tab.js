/** The view with one sentence and a model of each family: what its tokens see, what it puts out, and what it is for. */

import { button, make, setText } from "../common/dom.js";
import { labelled } from "../common/fields.js";
import { FamilyColumn } from "./column.js";
import { FAMILIES, SENTENCES } from "./families.js";

const LEGEND =
  "A row is a token that looks, a column is a token that is looked at. The darker, the more of its weight: the mean of all heads of all layers, on a scale of roots. Hatched: it may not look there. Each model takes its most probable token at every step.";

export class FamiliesTab {
  #hasRun = false;

  constructor() {
    this.sentence = this.#field();
    this.french = this.#field();
    this.inFrench = labelled("In French", this.french);
    this.columns = FAMILIES.map((family) => new FamilyColumn(family, () => this.#choose()));
    const presets = SENTENCES.map((one) => button(one.english, () => this.#take(one), "pg-link"));
    this.bar = make("div", "pg-compare-line pg-families-bar", labelled("Sentence", this.sentence), this.inFrench, button("Run", () => this.#run(), "pg-button pg-primary"));
    this.said = make("p", "pg-families-legend pg-muted");
    const row = make("div", "pg-families-columns", ...this.columns.map(({ element }) => element));
    this.element = make("div", "pg-root pg-families", this.bar, make("p", "pg-families-presets", "Try ", ...between(presets)), row, this.said);
    this.#fill(SENTENCES[0]);
    this.#showField();
    setText(this.said, "Press Run: the three models read the sentence, each in its own way.");
  }

  /** Shows which models are loaded, which other visitors change too. */
  showModels() {
    for (const column of this.columns) column.showModels();
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
    this.#fill(sentence);
    this.#run();
  }

  #run() {
    this.#hasRun = true;
    setText(this.said, LEGEND);
    for (const column of this.columns) column.run(column.readsFrench ? this.french.value : this.sentence.value);
  }
}

/** @param {HTMLElement[]} parts */
const between = (parts) => parts.flatMap((part, place) => (place ? [" · ", part] : [part]));
