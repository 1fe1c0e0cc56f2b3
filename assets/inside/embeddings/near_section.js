/** The second part of the pane: the tokens that are nearest to one token, in one or both of the matrices. */

import { BarTable } from "./bar_table.js";
import { fetchNear } from "./reader.js";
import { spacesOf, tiedSentence } from "./words.js";
import { button, make, setText } from "../../common/dom.js";
import { saveCsv } from "../../common/download.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { t } from "../../common/language.js";
import { setTextWith, term } from "../../glossary/term.js";

const COUNT = 12;
const ABOUT = t(
  "Of all tokens, these have the vectors with the largest cosine. Many are the same word written otherwise: with a capital, without the space before it, in the plural. " +
    "Press a token to go on from there.",
);

export class NearSection {
  /** @type {import("./state.js").State} */
  #state;
  #looking;
  /** @type {number | null} the token in the middle */
  #id = null;
  /** @type {Record<string, import("./reader.js").Near[]>} by space */
  #found = {};

  /** @param {import("./state.js").State} state @param {import("./pane.js").Looking} looking */
  constructor(state, looking) {
    this.#state = state;
    this.#looking = looking;
    const about = make("p");
    setTextWith(about, ABOUT, [term("cosine", t("cosine"))]);
    this.tied = make("p", "pg-muted");
    this.ofText = button(t("The chosen token of the text"), () => this.#turnToText());
    this.title = make("h4", "pg-chart-title");
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.tables = { input: this.#table(), output: this.#table() };
    this.lists = make("div", "pg-near-lists", ...Object.values(this.tables).map(({ element }) => element));
    this.picture = make("div", "pg-near-picture", this.title, this.lists);
    this.exports = new ExportMenu([
      ...pictureItems(this.picture, () => this.title.textContent),
      { label: t("Table (CSV)"), run: () => saveCsv(this.#rows(), `${this.title.textContent}.csv`) },
    ]);
    const line = make("div", "pg-embeddings-line", this.ofText, this.exports.element);
    this.element = make("section", "pg-embeddings-part", make("h3", "", t("The nearest tokens")), about, line, this.notice, this.picture, this.tied);
    this.picture.hidden = true;
  }

  /** Whether no token has been asked for. */
  get isEmpty() {
    return this.#id === null;
  }

  /** Tells which matrices there are, once the facts are there. */
  begin() {
    setText(this.tied, tiedSentence(this.#state.facts));
  }

  /** Shows whether there is a text whose token can be chosen. */
  turn() {
    this.ofText.hidden = !this.#looking.text;
  }

  /** Fetches the neighbours of a token, and shows them. @param {number} id */
  async show(id) {
    this.#id = id;
    const spaces = spacesOf(this.#state.facts);
    try {
      const lists = await Promise.all(spaces.map((space) => fetchNear(id, /** @type {import("./reader.js").Space} */ (space), COUNT)));
      if (id !== this.#id) return;
      this.#found = Object.fromEntries(spaces.map((space, place) => [space, lists[place]]));
      this.#draw("");
    } catch (error) {
      if (id === this.#id) this.#draw(error.message);
    }
  }

  /** Asks once more for what could not be had. */
  goOn() {
    if (this.notice.textContent) this.show(this.#id);
  }

  #table() {
    const name = make("p", "pg-muted");
    const table = new BarTable(t("Nearest tokens"), (id) => this.#goTo(id));
    return { name, table, element: make("div", "pg-near-list", name, table.element) };
  }

  /** Goes on from a token of a list. The focus stays in the part. */
  async #goTo(id) {
    await this.show(id);
    this.lists.querySelector("button")?.focus({ preventScroll: true });
  }

  #turnToText() {
    const { text, query } = this.#looking;
    if (text && query >= 0) this.show(text.ids[query]);
  }

  #draw(sentence) {
    const { facts } = this.#state;
    const text = this.#looking.textOf(this.#id);
    setText(this.notice, sentence);
    this.picture.hidden = sentence !== "";
    if (sentence) return;
    setText(this.title, t("The {shown} tokens nearest to “{token}” among {all}", { shown: COUNT, token: text, all: facts.tokens }));
    for (const [space, { name, table, element }] of Object.entries(this.tables)) {
      const found = this.#found[space];
      element.hidden = !found;
      if (!found) continue;
      setText(name, facts.tied ? t("in the embedding, which is input and output here") : space === "input" ? t("in the input embedding") : t("in the output embedding"));
      const rows = found.map(({ token_id: id, cosine }, place) => ({ id, cosine, text: this.#looking.textOf(id), rank: String(place + 1) }));
      table.show(t("Nearest to {token} {where}", { token: text, where: name.textContent }), rows);
    }
  }

  #rows() {
    const header = ["space", "rank", "token_id", "token", "cosine"];
    const lines = Object.entries(this.#found).flatMap(([space, found]) =>
      found.map(({ token_id: id, cosine }, place) => [space, place + 1, id, this.#looking.textOf(id), cosine]),
    );
    return [header, ...lines];
  }
}
