/**
 * Lets the reader choose a token: from a short list, or any token of the vocabulary by its text. Knows texts of tokens, not
 * what the choice is for.
 */

import { make } from "../../common/dom.js";
import { select } from "../../common/fields.js";
import { t } from "../../common/language.js";

const ANOTHER = "another";
const MOST_FOUND = 50;

/** @typedef {{value: number | null, words: string}} Choice  `value` is a token, or null for what the list is there for */

export class TokenPick {
  #list;
  #vocabularyOf;
  #onChoose;
  /** @type {Choice[]} */
  #choices = [];
  /** @type {number | null} */
  #chosen = null;
  #isWhole = false;

  /**
   * @param {string} label
   * @param {() => readonly string[]} vocabularyOf  returns the texts of all tokens
   * @param {(token: number | null) => void} onChoose
   */
  constructor(label, vocabularyOf, onChoose) {
    this.#vocabularyOf = vocabularyOf;
    this.#onChoose = onChoose;
    this.#list = select(label, [], { onChange: (value) => this.#turn(value) });
    this.field = make("input", "pg-entry");
    Object.assign(this.field, { type: "search", autocomplete: "off", spellcheck: false, placeholder: t("part of a token") });
    this.field.ariaLabel = t("{field}: part of the token", { field: label });
    this.field.addEventListener("input", () => this.#search());
    this.field.addEventListener("keydown", (event) => this.#onKey(event));
    this.found = select(t("{field}: tokens found", { field: label }), []);
    this.found.size = 6;
    this.found.addEventListener("change", () => this.#take());
    this.search = make("span", "pg-why-search", this.field, this.found);
    this.search.hidden = this.found.hidden = true;
    this.element = make("span", "pg-why-pick", make("label", "pg-why-field", make("span", "", label), this.#list), this.search);
  }

  /**
   * @param {Choice[]} choices
   * @param {number | null} chosen  a token that is not among them is added
   * @param {boolean} [isWhole]  whether there are no others to search for
   */
  show(choices, chosen, isWhole = false) {
    this.#isWhole = isWhole;
    this.#choices = choices;
    this.#chosen = chosen;
    const own = chosen === null || choices.some(({ value }) => value === chosen) ? [] : [{ value: chosen, words: this.#words(chosen) }];
    const options = [...choices, ...own].map(({ value, words }) => option(String(value), words));
    this.#list.replaceChildren(...options, ...(isWhole ? [] : [option(ANOTHER, t("another token …"))]));
    this.#list.value = this.search.hidden ? String(chosen) : ANOTHER;
  }

  #words(token) {
    return t("“{token}”", { token: this.#textOf(token) });
  }

  #textOf(token) {
    return this.#vocabularyOf()[token] ?? `#${token}`;
  }

  #turn(value) {
    this.search.hidden = value !== ANOTHER;
    if (value === ANOTHER) this.field.focus();
    else this.#choose(value === "null" ? null : Number(value));
  }

  #search() {
    const found = find(this.#vocabularyOf(), this.field.value);
    this.found.replaceChildren(...found.slice(0, MOST_FOUND).map((token) => option(String(token), t("“{token}” id {id}", { token: this.#textOf(token), id: token }))));
    this.found.hidden = !found.length;
    this.found.selectedIndex = -1;
  }

  /** Enter takes the best one, an arrow goes to the list, Escape closes the search. */
  #onKey(event) {
    if (event.key === "Escape") return this.#close();
    if (!["Enter", "ArrowDown"].includes(event.key) || !this.found.options.length) return;
    event.preventDefault();
    event.stopPropagation();
    this.found.selectedIndex = 0;
    if (event.key === "Enter") this.#take();
    else this.found.focus();
  }

  #take() {
    const token = Number(this.found.value);
    this.#chosen = token;
    this.#close();
    this.#choose(token);
  }

  #close() {
    this.field.value = "";
    this.found.replaceChildren();
    this.found.hidden = this.search.hidden = true;
    this.show(this.#choices, this.#chosen, this.#isWhole);
    this.#list.focus();
  }

  #choose(token) {
    this.#chosen = token;
    this.#onChoose(token);
  }
}

/**
 * @param {readonly string[]} vocabulary
 * @param {string} text
 * @returns {number[]} the tokens that contain the text: equal ones first, then shorter ones; a leading space may be left out
 */
export function find(vocabulary, text) {
  const wanted = plain(text);
  if (!wanted) return [];
  /** @type {{token: number, place: number, length: number, isExact: boolean}[]} */
  const found = [];
  vocabulary.forEach((own, token) => {
    const place = plain(own).indexOf(wanted);
    if (place >= 0) found.push({ token, place: Math.min(place, 1), length: own.length, isExact: own.replaceAll("·", " ").trim() === text.trim() });
  });
  found.sort((a, b) => Number(b.isExact) - Number(a.isExact) || a.place - b.place || a.length - b.length || a.token - b.token);
  return found.map(({ token }) => token);
}

const plain = (text) => text.replaceAll("·", " ").trim().toLowerCase();

const option = (value, words) => Object.assign(make("option", "", words), { value });
