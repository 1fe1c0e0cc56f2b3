/**
 * Shows a grid's texts: one line for each row of settings and prompt, one card for each seed, with tokens shaded by
 * surprisal. Draws what it is given.
 */

import { button, make } from "../common/dom.js";
import { t, tn, tParts } from "../common/language.js";
import { nameWhileFull, scroller } from "../common/scroller.js";
import { bits, stopReason } from "../common/words.js";
import { SHADES } from "../common/shading.js";
import { breakable } from "../common/word_breaks.js";
import { keyOf } from "./grid.js";
import { term } from "../glossary/term.js";

const shadeOf = (surprisal) => Math.max(0, Math.min(SHADES - 1, Math.floor(surprisal / 2)));

/** Returns a prompt on one line. */
export const shown = (prompt) => prompt.replaceAll("\n", "⏎");

export class Texts {
  /** @type {import("./grid.js").Grid | null} */
  #grid = null;
  #drawn = new Map(); // key -> the cell it was drawn from
  #onOpen;
  #textOf;

  /**
   * @param {(id: number) => string} textOf  a token's text
   * @param {(cell: import("./grid.js").Cell, button: HTMLButtonElement) => void} onOpen  called when the reader opens a
   *   text
   */
  constructor(textOf, onOpen) {
    this.#textOf = textOf;
    this.#onOpen = onOpen;
    this.list = make("div", "pg-texts-list");
    const legend = make("span", "pg-shades", `${t("0 bits")} `);
    for (let shade = 0; shade < SHADES; shade++) {
      const patch = make("span", "pg-shade");
      patch.dataset.shade = String(shade);
      legend.append(patch);
    }
    legend.append(` ${t("{number} or more", { number: 14 })}`);
    legend.ariaHidden = "true";
    const title = make("div", "pg-chart-title", ...tParts("The texts, shaded by {surprisal} under the model: {legend}", { surprisal: term("surprisal"), legend }));
    this.element = make("section", "pg-texts", title, this.list);
    this.element.ariaLabel = t("The texts");
  }

  show(grid) {
    if (grid.grid !== this.#grid?.grid) this.forget();
    this.#grid = grid;
    for (const [row, { name }] of grid.table.entries()) {
      for (const prompt of grid.prompts.keys()) this.#group(row, prompt, name);
    }
  }

  /** Removes all texts, so that they are drawn anew. */
  forget() {
    this.#drawn.clear();
    this.list.replaceChildren();
  }

  /** @returns {unknown[][]} the rows of a CSV file */
  rows() {
    const { cells, table, prompts, chat, languages } = this.#grid;
    const head = ["settings", "prompt", "chat template", "source language", "target language", "seed", "text", "ended", "tokens", "surprisals (bits)", "error"];
    const lines = [...cells.values()].map((cell) => [
      table[cell.row].name,
      prompts[cell.prompt],
      chat ? "yes" : "no",
      languages.source,
      languages.target,
      cell.seed,
      cell.token_ids.map(this.#textOf).join(""),
      cell.stop_reason,
      cell.token_ids.length,
      cell.surprisals_bits.join(" "),
      cell.error ?? "",
    ]);
    return [head, ...lines];
  }

  #group(row, prompt, name) {
    const key = `${row}/${prompt}`;
    /** @type {HTMLElement} */
    let line = this.list.querySelector(`[data-group="${key}"]`);
    if (!line) {
      const about = this.#grid.prompts.length > 1 ? make("span", "pg-muted", shown(this.#grid.prompts[prompt])) : "";
      if (about) about.title = this.#grid.prompts[prompt];
      const heading = make("div", "pg-texts-name", make("strong", "", `${row + 1} ${name} `), about);
      const cells = make("div", "pg-texts-cells");
      line = make("div", "pg-texts-row", heading, scroller(t("Texts of row {row}", { row: `${row + 1} ${name}` }), cells));
      line.dataset.group = key;
      this.list.append(line);
    }
    for (const seed of this.#grid.seeds) this.#cell(line.querySelector(".pg-texts-cells"), prompt, row, seed);
  }

  #cell(line, prompt, row, seed) {
    const key = keyOf({ prompt, row, seed });
    const cell = this.#grid.cells.get(key);
    if (!cell || this.#drawn.get(key)) return;
    this.#drawn.set(key, cell);
    const card = this.#card(cell);
    card.style.order = String(this.#grid.seeds.indexOf(seed));
    line.append(card);
  }

  #card(cell) {
    const isSampled = this.#grid.table[cell.row].settings.strategy === "sample";
    const loop = cell.loop ? ` · ${loopOf(cell.loop)}` : "";
    const title = isSampled ? t("seed {seed}", { seed: String(cell.seed) }) : t("all seeds");
    const head = make("div", "pg-card-head", make("span", "", title), make("span", "pg-muted", loop));
    if (cell.error) return make("div", "pg-card", head, make("p", "pg-card-error", cell.error));
    head.append(this.#openButton(cell));
    const tokens = cell.token_ids.map((id, place) => this.#token(id, cell.surprisals_bits[place]));
    const text = make("div", "pg-card-text", make("div", "", ...breakable(tokens)));
    text.title = stopReason(cell.stop_reason);
    nameWhileFull(text, t("Text of row {row}, {seed}", { row: `${cell.row + 1} ${this.#grid.table[cell.row].name}`, seed: title }));
    return make("div", "pg-card", head, text);
  }

  #openButton(cell) {
    const open = button(t("Open in Decode"), () => this.#onOpen(cell, open), "pg-link");
    return open;
  }

  #token(id, surprisal) {
    const token = make("span", "pg-token", this.#textOf(id));
    token.dataset.shade = String(shadeOf(surprisal));
    token.title = bits(surprisal);
    return token;
  }
}

/** @param {{period: number, since: number}} loop */
const loopOf = ({ period, since }) =>
  tn("loops on one token since token {token}", "loops every {n} tokens since token {token}", period, { token: since + 1 });
