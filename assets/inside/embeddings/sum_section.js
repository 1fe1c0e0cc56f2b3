/** The third part of the pane: one word minus another plus a third, and the tokens nearest to the result. */

import { BarTable } from "./bar_table.js";
import { SUMS } from "./presets.js";
import { fetchSum } from "./reader.js";
import { button, make, setText } from "../../common/dom.js";
import { saveCsv } from "../../common/download.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { labelled, select } from "../../common/fields.js";
import { t } from "../../common/language.js";

const LISTED = 10;
const OWN = "my own words";
const ABOUT = t(
  "If a direction means something, it can be added: the vector of “king”, minus that of “man”, plus that of “woman”. The table has the tokens with the largest " +
    "cosine to the result, with their ranks in the whole vocabulary. The three words themselves are often the nearest, so many texts leave them out without saying so.",
);

export class SumSection {
  /** @type {import("./state.js").State} */
  #state;
  #textOf;
  #asked = 0;
  /** @type {import("./reader.js").Sum | null} */
  #sum = null;
  #formula = "";

  /** @param {import("./state.js").State} state @param {(id: number) => string} textOf @param {(id: number) => void} onToken */
  constructor(state, textOf, onToken) {
    this.#state = state;
    this.#textOf = textOf;
    const names = SUMS.map(formulaOf);
    this.presets = select(t("Sum"), [...names, OWN], { wordsOf: (name) => (name === OWN ? t("my own words") : name), onChange: (name) => this.#turn(names.indexOf(name)) });
    this.fields = [t("First word"), t("Word to subtract"), t("Word to add")].map((label) => this.#field(label));
    const [first, minus, plus] = this.fields;
    this.leaves = make("input");
    this.leaves.type = "checkbox";
    this.leaves.addEventListener("change", () => this.#draw());
    const leaving = make("label", "pg-embeddings-check", this.leaves, ` ${t("leave out the words of the sum")}`);
    const formula = make("span", "pg-sum-formula", first, make("span", "", "−"), minus, make("span", "", "+"), plus);
    const line = make("div", "pg-embeddings-line", labelled(t("sum"), this.presets), formula, button(t("Show"), () => this.ask()), leaving);
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.title = make("h4", "pg-chart-title");
    this.said = Object.assign(make("p", "pg-embeddings-said"), { role: "status" });
    this.table = new BarTable(t("Tokens nearest to the sum"), onToken);
    this.picture = make("div", "pg-sum-picture", this.title, this.said, this.table.element);
    this.picture.hidden = true;
    this.exports = new ExportMenu([
      ...pictureItems(this.picture, () => this.title.textContent),
      { label: t("Table (CSV)"), run: () => saveCsv(this.#rows(), `${this.title.textContent}.csv`) },
    ]);
    line.append(this.exports.element);
    this.element = make("section", "pg-embeddings-part", make("h3", "", t("Sums of words")), make("p", "", ABOUT), line, this.notice, this.picture);
    this.#write(SUMS[0]);
  }

  /** Asks for the sum of the words that stand in the fields. */
  async ask() {
    const asked = ++this.#asked;
    const [first, minus, plus] = this.fields.map(({ value }) => value.trim());
    this.#formula = formulaOf([first, minus, plus]);
    try {
      if (!first) throw new Error(t("The first word is empty. Write a word that is one token."));
      const sum = await fetchSum({ plus: [first, plus].filter(Boolean), minus: [minus].filter(Boolean), space: this.#state.space });
      if (asked !== this.#asked) return;
      this.#sum = sum;
      setText(this.notice, "");
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#sum = null;
      setText(this.notice, error.message);
    }
    this.#draw();
  }

  #field(label) {
    const field = make("input", "pg-entry pg-sum-word");
    field.type = "text";
    field.ariaLabel = label;
    field.maxLength = 60;
    field.spellcheck = false;
    field.addEventListener("input", () => {
      this.presets.value = OWN;
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation(); // outside this field, Ctrl+Enter generates
      this.ask();
    });
    return field;
  }

  #turn(place) {
    if (place < 0) return this.fields[0].focus();
    this.#write(SUMS[place]);
    this.ask();
  }

  #write(words) {
    this.fields.forEach((field, place) => {
      field.value = words[place];
    });
  }

  /** @returns {(import("./reader.js").Sum["ranked"][number] & {place: number})[]} the lines of the table; `place` counts them */
  get #lines() {
    const shown = this.#sum.ranked.filter(({ is_input }) => !this.leaves.checked || !is_input);
    return shown.slice(0, LISTED).map((line, place) => ({ ...line, place: place + 1 }));
  }

  #draw() {
    this.picture.hidden = this.#sum === null;
    if (!this.#sum) return;
    setText(this.title, t("The tokens nearest to {formula}, of {all}", { formula: this.#formula, all: this.#state.facts.tokens }));
    setText(this.said, this.#sentence());
    const rows = this.#lines.map(({ token_id: id, rank, cosine, is_input, place }) => ({
      id, cosine, text: this.#textOf(id), rank: this.leaves.checked && place !== rank ? `${place} (${rank})` : String(rank), note: is_input ? t("word of the sum") : "",
    }));
    this.table.show(t("Tokens nearest to {formula}", { formula: this.#formula }), rows);
  }

  /** @returns {string} what is nearest, and where the words of the sum themselves are */
  #sentence() {
    const best = this.#sum.ranked.find(({ is_input }) => !is_input);
    const own = this.#sum.inputs.map(({ token_id: id, rank }) => t("“{token}” has rank {rank}", { token: this.#textOf(id), rank })).join(", ");
    const nearest = t("“{token}” is the nearest token that is none of the words, with rank {rank} of all. Of the words, {words}.", {
      token: this.#textOf(best.token_id), rank: best.rank, words: own,
    });
    if (!this.leaves.checked) return nearest;
    return `${nearest} ${t("Without the words of the sum it is the first; the rank among all tokens stands in brackets where it differs.")}`;
  }

  #rows() {
    const lines = this.#lines.map(({ token_id: id, rank, cosine, is_input }) => [this.#formula, rank, id, this.#textOf(id), cosine, is_input]);
    return [[t("sum"), "rank", "token_id", "token", "cosine", "is_word_of_the_sum"], ...lines];
  }
}

/** @param {string[]} words @returns {string} "king − man + woman" */
export function formulaOf([first, minus, plus]) {
  return `${first}${minus ? ` − ${minus}` : ""}${plus ? ` + ${plus}` : ""}`;
}
