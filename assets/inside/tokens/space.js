/**
 * Warns where a text ends in a space, and shows why: the next token's probabilities with the space and without it, side
 * by side.
 */

import { make, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { percent } from "../../common/words.js";
import { headerCell } from "../../attention/table_fold.js";
import { exportOf } from "./export.js";
import { fetchSpace } from "./reader.js";

const PAUSE_MS = 400; // the reader has stopped typing
const NOTE = t("The text ends in a space, which changes what comes next: see “The space at the end”.");
const WARNING = t(
  "The text ends in a space. In this tokeniser the space belongs to the beginning of the next word, so the model has hardly ever seen a space alone before one.",
);

export class SpaceWarning {
  #textOf;
  #text = null; // the text that the warning is about
  #timer = 0;
  #asking = new AbortController();
  /** @type {import("./reader.js").Compared | null} */
  #seen = null;

  /** @param {(id: number) => string} textOf */
  constructor(textOf) {
    this.#textOf = textOf;
    this.warning = make("p", "pg-space-warning");
    this.title = make("h4", "pg-tokens-title", t("The next token with the space at the end, and without it"));
    this.table = make("table", "pg-space-table");
    this.picture = make("figure", "pg-tokens-picture");
    this.picture.append(make("div", "pg-picture-head", this.title, exportOf("space at the end", t("Export the space at the end"), this.picture, () => this.#rows())), this.table);
    this.element = make("section", "pg-tokens-part", make("h3", "", t("The space at the end")), this.warning, this.picture);
    this.element.hidden = true;
    /** Stands near the text, and leaves its place empty for other texts. */
    this.note = make("p", "pg-tokens-note");
    this.note.role = "status";
  }

  /** @param {string | null} text  a text that ends in a space, null for another one */
  show(text) {
    if (text === this.#text) return;
    this.#text = text;
    this.#seen = null;
    clearTimeout(this.#timer);
    this.#asking.abort();
    if (text === null) this.#tell("");
    else this.#timer = setTimeout(() => this.#ask(text), PAUSE_MS);
  }

  async #ask(text) {
    this.#asking = new AbortController();
    try {
      const seen = await fetchSpace(text, this.#asking.signal);
      if (text === this.#text) this.#draw(seen);
    } catch (error) {
      if (text === this.#text) this.#tell(`${WARNING} ${error.message}`);
    }
  }

  /** @param {string} sentence  "" where there is nothing to warn of */
  #tell(sentence) {
    setText(this.note, sentence && NOTE);
    setText(this.warning, sentence);
    this.element.hidden = !sentence;
    this.picture.hidden = !this.#seen;
  }

  #draw(seen) {
    this.#seen = seen;
    const [before, after] = seen.begins.map(percent);
    this.#tell(`${WARNING} ${t("All tokens together that begin with a space have {after} without it, and {before} with it. Leave the space out.", { after, before })}`);
    const top = Math.max(...seen.candidates.flatMap(({ with_space, without }) => [with_space, without]));
    const columns = [t("next token"), t("with the space"), t("without it")].map((name) => headerCell(name, "col"));
    const lines = seen.candidates.map(({ token_id, with_space, without }) =>
      make("tr", "", headerCell(this.#textOf(token_id), "row", "pg-token"), bar(with_space, top, "pg-tokens-first"), bar(without, top, "pg-tokens-second")),
    );
    this.table.replaceChildren(make("thead", "", make("tr", "", ...columns)), make("tbody", "", ...lines));
  }

  #rows() {
    const lines = this.#seen?.candidates ?? [];
    return [
      ["token_id", "token", "probability_with_space", "probability_without"],
      ...lines.map(({ token_id, with_space, without }) => [token_id, this.#textOf(token_id), with_space, without]),
    ];
  }
}

function bar(probability, top, kind) {
  const fill = make("span", `pg-tokens-fill ${kind}`);
  fill.style.width = `${(100 * probability) / top}%`;
  return make("td", "", make("span", "pg-tokens-track", fill), make("span", "pg-tokens-number", percent(probability)));
}
