/**
 * One family: a model of it, what the model's tokens see of the sentence, and what the model puts out.
 *
 * @typedef {object} Told  see playground/web/one_sentence.py; a model that writes has a text, another one has guesses
 * @property {string} note  names the words that the model does not know, "" for none
 * @property {string} [text]  what the model writes
 * @property {({word: string, probability: number} | null)[]} [guesses]  of each token; null for one that is no part of the text
 *
 * @typedef {import("./pattern_table.js").Pattern & Told} Answer
 */

import { make, setText } from "../common/dom.js";
import { select } from "../common/fields.js";
import { fetchFamily } from "../common/server.js";
import { percent } from "../common/words.js";
import { allModels, chosenModel, learnModel, modelNamed } from "../models/models.js";
import { inList } from "../models/picker.js";
import { readsFrench } from "./families.js";
import { patternTable } from "./pattern_table.js";

const FILLS = "fill-mask";

export class FamilyColumn {
  /** @type {import("./families.js").Family} */
  #family;
  #asked = 0; // the number of the latest sentence

  /** @param {import("./families.js").Family} family @param {() => void} onChange  called when another model is chosen */
  constructor(family, onChange) {
    this.#family = family;
    this.models = allModels().filter(({ family: own, task }) => own === family.family && (task ?? FILLS) === FILLS);
    this.list = select(`Model of the family ${family.title}`, this.models.map(({ model }) => model), {
      wordsOf: (name) => inList(modelNamed(name)),
      onChange,
    });
    const first = this.models.find(({ model }) => model === chosenModel()) ?? this.models.find(({ loaded }) => loaded) ?? this.models[0];
    if (first) this.list.value = first.model;
    this.status = make("p", "pg-family-status");
    this.status.role = "status";
    this.pattern = make("div", "pg-family-pattern");
    this.output = make("div", "pg-family-output");
    this.element = make(
      "section",
      "pg-family",
      make("h2", "", family.title),
      make("p", "pg-muted", family.names),
      this.models.length ? this.list : make("p", "", `No model of this server is of this family. ${family.missing}`),
      make("div", "pg-family-sees", make("h3", "", "What each token sees"), make("p", "pg-muted", family.sees), this.status, this.pattern),
      make("div", "pg-family-puts-out", make("h3", "", family.output), this.output),
    );
  }

  /** Shows which models are loaded. */
  showModels() {
    for (const option of this.list.options) setText(option, inList(modelNamed(option.value)));
  }

  /** @returns {boolean} whether the chosen model reads French */
  get readsFrench() {
    return this.#family.family === "encoder-decoder" && readsFrench(this.list.value);
  }

  /** Asks the model about a text. An answer that a later text has overtaken is dropped. @param {string} text */
  async run(text) {
    if (!this.models.length) return;
    const asked = ++this.#asked;
    const model = this.list.value;
    setText(this.status, modelNamed(model).loaded ? "Working …" : `Loading ${model} …`);
    this.element.ariaBusy = "true";
    try {
      const answer = await fetchFamily(model, text);
      if (asked !== this.#asked) return;
      setText(this.status, answer.note);
      learnModel({ ...modelNamed(model), loaded: true });
      this.showModels();
      this.#show(answer, text);
    } catch (error) {
      if (asked !== this.#asked) return;
      setText(this.status, error.message);
      this.pattern.replaceChildren();
      this.output.replaceChildren();
    }
    this.element.ariaBusy = "false";
  }

  /** @param {Answer} answer @param {string} sentence */
  #show(answer, sentence) {
    this.pattern.replaceChildren(patternTable(answer, `How much each token looks at each other in ${this.list.value}`));
    const before = this.#family.family === "decoder" ? sentence : "";
    this.output.replaceChildren(answer.guesses ? guesses(answer) : written(answer.text, before));
  }
}

/** @param {Answer} answer @returns {HTMLElement} each token with the guess below it */
function guesses({ reads, guesses: found }) {
  const element = make("p", "pg-guesses");
  for (const [place, guess] of found.entries()) {
    if (guess === null) continue;
    const read = make("span", "pg-token pg-muted", reads[place]);
    element.append(make("span", "pg-guess", read, make("span", "pg-token", guess.word), make("span", "pg-muted", percent(guess.probability))));
  }
  return element;
}

/** @param {string} text @param {string} before  the sentence that the text continues, "" if it stands alone @returns {HTMLElement} */
const written = (text, before) =>
  make("p", "pg-family-text", make("span", "pg-muted", before), make("strong", "", text || "(nothing: it ends at once)"));
