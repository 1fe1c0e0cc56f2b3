/** A table of tokens with their cosines, each with a bar from 0 to 1. Each token is a button. */

import { cosineText } from "./words.js";
import { make } from "../../common/dom.js";
import { t } from "../../common/language.js";

/**
 * @typedef {object} Row
 * @property {number} id
 * @property {string} text
 * @property {number} cosine
 * @property {string} rank
 * @property {string} [note]
 */

export class BarTable {
  #onToken;

  /** @param {string} name  for screen readers @param {(id: number) => void} onToken  called with a token that is pressed */
  constructor(name, onToken) {
    this.#onToken = onToken;
    this.body = make("tbody");
    const heads = [t("rank"), t("token"), t("cosine"), ""].map((head) => Object.assign(make("th", "", head), { scope: "col" }));
    this.table = make("table", "pg-table pg-bar-table", make("thead", "", make("tr", "", ...heads)), this.body);
    this.table.ariaLabel = name;
    this.element = this.table;
  }

  /** @param {string} name  for screen readers @param {Row[]} rows */
  show(name, rows) {
    this.table.ariaLabel = name;
    this.body.replaceChildren(...rows.map((row) => this.#row(row)));
  }

  #row({ id, text, cosine, rank, note = "" }) {
    const token = make("button", "pg-token pg-bar-token", text);
    token.type = "button";
    token.title = t("Show what is nearest to this token");
    token.addEventListener("click", () => this.#onToken(id));
    const bar = make("span", "pg-cosine-bar");
    bar.style.width = `${100 * Math.max(0, cosine)}%`;
    const track = make("span", "pg-cosine-track", bar);
    const noted = note ? [make("span", "pg-muted", ` ${note}`)] : [];
    return make("tr", note ? "pg-bar-input" : "", make("td", "", rank), make("td", "", token, ...noted), make("td", "", cosineText(cosine)), make("td", "pg-cosine-cell", track));
  }
}
