/** Shows what patching brings back in one stack of blocks: the map, the numbers of the chosen cell, and the table. */

import { signed } from "./agreement.js";
import { PatchMap } from "./patch_map.js";
import { patchedLogprob, shareWords, strongest } from "./patch_state.js";
import { TableFold } from "../../attention/table_fold.js";
import { saveCsv } from "../../common/download.js";
import { make, setText } from "../../common/dom.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { percent } from "../../common/words.js";

/**
 * @typedef {object} Shown  what one stack shows
 * @property {import("./reader.js").Patches} patches
 * @property {number[][]} recovered  by block and position
 * @property {string[]} names  of the tokens
 * @property {string} title
 * @property {string} answer  the answer's text
 * @property {boolean} hasLast  as for `strongest`
 */

export class PatchShown {
  /** @type {Shown | null} */
  #shown = null;
  #block;

  /** @param {string} stack  "encoder" or "decoder", or "" for a model with one stack @param {string} file  the name of what is saved */
  constructor(stack, file) {
    this.#block = `${stack && `${stack} `}block`;
    this.map = new PatchMap((block, position) => this.#choose(block, position), (block, position) => this.#words(block, position), stack);
    this.numbers = make("p", "pg-patch-numbers");
    this.numbers.role = "status";
    this.table = new TableFold(stack ? `What comes back in the ${stack} as a table` : "What comes back as a table");
    const menu = new ExportMenu([
      ...pictureItems(this.map.element, () => file),
      { label: "Numbers (CSV)", run: () => saveCsv(this.#rows(), `${file}.csv`) },
    ]);
    menu.button.ariaLabel = menu.list.ariaLabel = stack ? `Export the map of patching, ${stack}` : "Export the map of patching";
    menu.element.dataset.picture = "skip";
    this.map.head.append(menu.element);
    this.element = make("div", "pg-patch-stack", this.map.element, this.numbers, this.table.element);
  }

  /** @param {Shown} shown */
  show(shown) {
    const isNew = this.#shown?.recovered !== shown.recovered;
    this.#shown = shown;
    const { title, recovered, names, hasLast } = shown;
    this.map.show(title, recovered, names);
    if (isNew) this.#choose(...strongest(recovered, hasLast));
    this.table.show(() => ({
      columns: ["token", ...recovered.map((_, block) => `block ${block + 1}`)],
      lines: names.map((name, position) => [name, ...recovered.map((row) => shareWords(row[position]))]),
    }));
  }

  #choose(block, position) {
    this.map.choose(block, position);
    setText(this.numbers, this.#words(block, position));
  }

  #words(block, position) {
    if (!this.#shown) return "";
    const { patches, recovered, names, answer } = this.#shown;
    const share = recovered[block][position];
    const logprob = patchedLogprob(patches, share);
    const where = `${this.#block[0].toUpperCase()}${this.#block.slice(1)} ${block + 1} of ${recovered.length}, token ${position + 1}`;
    return `${where} (“${names[position]}”): ${shareWords(share)} comes back. With this one copy “${answer}” has ${percent(Math.exp(logprob))} (${signed(logprob)} nats).`;
  }

  #rows() {
    const { recovered, names } = this.#shown;
    return [["position", "token", ...recovered.map((_, block) => `block ${block + 1}`)], ...names.map((name, position) => [position + 1, name, ...recovered.map((row) => row[position])])];
  }
}
