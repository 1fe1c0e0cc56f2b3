/**
 * Shows a grid's texts: one line for each row of settings and prompt, one card for each seed, with tokens shaded by
 * surprisal. Draws what it is given.
 */

import { make } from "../common/dom.js";
import { bits, stopReason } from "../common/words.js";
import { SHADES } from "../common/shading.js";
import { keyOf } from "./grid.js";

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
    const legend = make("span", "pg-shades", "0 bits ");
    for (let shade = 0; shade < SHADES; shade++) {
      const patch = make("span", "pg-shade");
      patch.dataset.shade = String(shade);
      legend.append(patch);
    }
    legend.append(" 14 or more");
    legend.ariaHidden = "true";
    const title = make("div", "pg-chart-title", "The texts, shaded by surprisal under the model: ", legend);
    this.element = make("section", "pg-texts", title, this.list);
    this.element.ariaLabel = "The texts";
  }

  show(grid) {
    const isNew = this.#grid?.seeds !== grid.seeds && grid.done === 0;
    if (isNew || !this.list.childElementCount || grid.table.length !== this.#grid.table.length) {
      this.#drawn.clear();
      this.list.replaceChildren();
    }
    this.#grid = grid;
    for (const [row, { name }] of grid.table.entries()) {
      for (const prompt of grid.prompts.keys()) this.#group(row, prompt, name);
    }
  }

  /** @returns {unknown[][]} the rows of a CSV file */
  rows() {
    const { cells, table, prompts, chat } = this.#grid;
    const head = ["settings", "prompt", "chat template", "seed", "text", "ended", "tokens", "surprisals (bits)", "error"];
    const lines = [...cells.values()].map((cell) => [
      table[cell.row].name,
      prompts[cell.prompt],
      chat ? "yes" : "no",
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
      line = make("div", "pg-texts-row", heading, make("div", "pg-texts-cells"));
      line.dataset.group = key;
      this.list.append(line);
    }
    for (const seed of this.#grid.seeds) this.#cell(line.lastChild, prompt, row, seed);
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
    const loop = cell.loop ? ` · loops every ${cell.loop.period} tokens since token ${cell.loop.since + 1}` : "";
    const title = isSampled ? `seed ${cell.seed}` : "all seeds";
    const head = make("div", "pg-card-head", make("span", "", title), make("span", "pg-muted", loop));
    if (cell.error) return make("div", "pg-card", head, make("p", "pg-card-error", cell.error));
    head.append(this.#openButton(cell));
    const text = make("div", "pg-card-text", ...cell.token_ids.map((id, place) => this.#token(id, cell.surprisals_bits[place])));
    text.title = stopReason(cell.stop_reason);
    return make("div", "pg-card", head, text);
  }

  #openButton(cell) {
    const button = make("button", "pg-link", "Open in Decode");
    button.type = "button";
    button.addEventListener("click", () => this.#onOpen(cell, button));
    return button;
  }

  #token(id, surprisal) {
    const token = make("span", "pg-token", this.#textOf(id));
    token.dataset.shade = String(shadeOf(surprisal));
    token.title = bits(surprisal);
    return token;
  }
}
