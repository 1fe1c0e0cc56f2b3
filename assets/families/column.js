/**
 * One family: a model of it, what the model's tokens see of the sentence, and what the model puts out.
 *
 * @typedef {object} Told  see playground/web/one_sentence.py; a model that writes has a text, another one has guesses
 * @property {string} note  names the words that the model does not know, "" for none
 * @property {string} [text]  what the model writes
 * @property {boolean} [ended]  whether it ends there by itself
 * @property {({word: string, probability: number} | null)[]} [guesses]  of each token; null for one that is no part of the text
 *
 * @typedef {import("./pattern_table.js").Pattern & Told} Answer
 */

import { make, patch, setText } from "../common/dom.js";
import { select } from "../common/fields.js";
import { fetchFamily } from "../common/server.js";
import { SHADINGS } from "../common/shading.js";
import { t, tn } from "../common/language.js";
import { percent } from "../common/words.js";
import { term } from "../glossary/term.js";
import { allModels, chosenModel, learnModel, modelNamed, readsFrench } from "../models/models.js";
import { inList } from "../models/picker.js";
import { partsOf, patternTable } from "./pattern_table.js";

const FILLS = "fill-mask";
const LAST_WORD = /\S*\s*$/;
const MOST_LETTERS = 20; // of the last word; some languages have no spaces

export class FamilyColumn {
  /** @type {import("./families.js").Family} */
  #family;
  #onPoint;
  #asked = 0; // the number of the latest sentence
  /** @type {string | null} */
  #unanswered = null; // the sentence to which there is no answer
  /** @type {import("./caption.js").Answered | null} the answer in view, and whose it is */
  answered = null;

  /**
   * @param {import("./families.js").Family} family
   * @param {() => void} onChange  called when another model is chosen
   * @param {(told: string) => void} onPoint  called with what the cell under the pointer says, "" for none
   */
  constructor(family, onChange, onPoint) {
    this.#family = family;
    this.#onPoint = onPoint;
    this.models = allModels().filter(({ family: own, task }) => own === family.family && (task ?? FILLS) === FILLS);
    this.list = select(t("Model of the family {family}", { family: family.title }), this.models.map(({ model }) => model), {
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
      make("h2", "", family.title, make("span", "pg-muted", t(": {use}", { use: family.use }))),
      make("p", "pg-muted", family.names),
      this.models.length ? this.list : make("p", "", family.missing),
      make("div", "pg-family-sees", make("h3", "", family.sees), this.status),
      this.pattern,
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

  /** @returns {boolean} whether an answer is awaited */
  get isBusy() {
    return this.element.ariaBusy === "true";
  }

  /** @returns {boolean} whether the tables of an answer are there */
  get hasTables() {
    return this.pattern.childElementCount > 0;
  }

  /** Asks the model about a text. An answer that a later text has overtaken is dropped. @param {string} text */
  async run(text) {
    if (!this.models.length) return;
    const asked = ++this.#asked;
    const model = this.list.value;
    this.#unanswered = null;
    setText(this.status, modelNamed(model).loaded ? t("Working …") : t("Loading {model} …", { model }));
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
      this.#unanswered = text;
      setText(this.status, error.message);
      this.answered = null;
      this.pattern.replaceChildren();
      this.output.replaceChildren();
    }
    this.element.ariaBusy = "false";
  }

  /** The server answers again: what it did not answer is asked for once more. */
  async goOn() {
    if (this.#unanswered !== null) await this.run(this.#unanswered);
  }

  /** @param {Answer} answer @param {string} text  the sentence */
  #show(answer, text) {
    const { guesses, reads } = answer;
    this.answered = { family: this.#family.family, model: this.list.value, answer };
    const last = guesses && { title: t("guess"), cells: guesses.map((guess, place) => guess && guessed(guess, reads[place])) };
    this.pattern.replaceChildren(...partsOf(answer, this.list.value).map((part) => patternTable(part, this.#onPoint, last)));
    this.output.replaceChildren(guesses ? asMany(guesses) : written(answer, this.#family.family === "decoder" ? text : ""));
  }
}

/** @param {{word: string, probability: number}} guess @param {string} token  that is hidden @returns {HTMLElement} */
function guessed({ word, probability }, token) {
  const element = make("span", "pg-token pg-hidden-guess", word);
  element.dataset.shade = String(SHADINGS.probability.shade(/** @type {any} */ ({ probability })));
  element.title = t("“{token}” hidden: “{word}” with {share}", { token, word, share: percent(probability) });
  element.append(make("span", "pg-spoken", ` ${percent(probability)}`));
  return element;
}

/** @param {Answer["guesses"]} guesses @returns {HTMLElement} */
function asMany(guesses) {
  const size = guesses.filter((guess) => guess !== null).length;
  const scale = SHADINGS.probability.legend.map((part) => (typeof part === "number" ? patch("shade", part) : part));
  const legend = make("span", "pg-shades", ...scale);
  legend.ariaHidden = "true";
  const told = tn("{n} token, each hidden in turn, and {n} guess in the last column.", "{n} tokens, each hidden in turn, and {n} guesses in the last column.", size);
  return make("p", "", `${told} `, legend);
}

/** @param {Answer} answer @param {string} before  the sentence that the text continues, "" for none @returns {HTMLElement} */
function written({ text, ended }, before) {
  const told = text ? text.split(/(\n+)/).map((part) => (part.startsWith("\n") ? lineEnds(part) : part)) : [t("(nothing: it ends at once)")];
  const element = make("p", "pg-family-text", make("strong", "", ...told));
  if (before) element.prepend(make("span", "pg-muted", `… ${before.match(LAST_WORD)[0].slice(-MOST_LETTERS)}`));
  if (!ended) element.append(" …");
  return element;
}

/** Makes a sign for each end of a line, so that a text which begins with empty lines can be read. @param {string} lines */
const lineEnds = (lines) => term("⏎", "⏎".repeat(lines.length));
