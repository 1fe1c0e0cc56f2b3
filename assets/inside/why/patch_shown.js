/** Shows what patching brings back in one stack of blocks: the map, the numbers of the chosen cell, and the table. */

import { signed } from "./agreement.js";
import { PatchMap } from "./patch_map.js";
import { STACKS } from "./stacks.js";
import { patchedLogprob, shareWords, strongest } from "./patch_state.js";
import { TableFold } from "../../attention/table_fold.js";
import { saveCsv } from "../../common/download.js";
import { make, setText } from "../../common/dom.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { t } from "../../common/language.js";
import { percent } from "../../common/words.js";

/**
 * @typedef {object} Shown  what one stack shows
 * @property {import("./reader.js").Patches} patches
 * @property {number[][]} recovered  by block and position
 * @property {string[]} names  of the tokens
 * @property {string} answer  the answer's text
 * @property {boolean} hasLast  as for `strongest`
 */

export class PatchShown {
  /** @type {Shown | null} */
  #shown = null;
  #said;

  /** @param {keyof typeof STACKS} stack @param {string} file  the name of what is saved */
  constructor(stack, file) {
    this.#said = STACKS[stack];
    this.map = new PatchMap((block, position) => this.#choose(block, position), (block, position) => this.#words(block, position), this.#said);
    this.numbers = make("p", "pg-patch-numbers");
    this.numbers.role = "status";
    this.table = new TableFold(this.#said.table);
    const menu = new ExportMenu([
      ...pictureItems(this.map.element, () => file),
      { label: t("Numbers (CSV)"), run: () => saveCsv(this.#rows(), `${file}.csv`) },
    ]);
    menu.button.ariaLabel = menu.list.ariaLabel = this.#said.menu;
    menu.element.dataset.picture = "skip";
    this.map.head.append(menu.element);
    this.element = make("div", "pg-patch-stack", this.map.element, this.numbers, this.table.element);
  }

  /** @param {Shown} shown */
  show(shown) {
    const isNew = this.#shown?.recovered !== shown.recovered;
    this.#shown = shown;
    const { answer, recovered, names, hasLast } = shown;
    this.map.show(this.#said.title(answer), recovered, names);
    if (isNew) this.#choose(...strongest(recovered, hasLast));
    this.table.show(() => ({
      columns: [t("token"), ...recovered.map((_, block) => t("block {block}", { block: block + 1 }))],
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
    return this.#said.cell({
      block: block + 1, blocks: recovered.length, number: position + 1, token: names[position], share: shareWords(share),
      answer, probability: percent(Math.exp(logprob)), nats: signed(logprob),
    });
  }

  #rows() {
    const { recovered, names } = this.#shown;
    return [["position", "token", ...recovered.map((_, block) => `block ${block + 1}`)], ...names.map((name, position) => [position + 1, name, ...recovered.map((row) => row[position])])];
  }
}
