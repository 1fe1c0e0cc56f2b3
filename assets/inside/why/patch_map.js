/**
 * Draws what patching brings back: a line for each token, a column for each block. The arrow keys move from cell to cell, and a
 * click chooses one. Knows no server.
 */

import { CellGrid } from "../../attention/cell_grid.js";
import { DIFFERENCE_SCALE, colourIndex, colourTable } from "../../attention/heat.js";
import { Legend } from "../../attention/legend.js";
import { make, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";

/** A cell at which more comes back than there was has the last colour. */
const TOP = 1;
const TICKS = [1, 5, 10, 20, 30, 40, 60, 80];
/** With no more blocks than this, each has its number. */
const FEW = 8;

export class PatchMap {
  /** @type {number[][]} by block and position */
  #recovered = [];
  #onChoose;

  /**
   * @param {(block: number, position: number) => void} onChoose
   * @param {(block: number, position: number) => string} words  returns the sentence of a cell
   * @param {import("./stacks.js").StackWords} said  what is said of the stack
   */
  constructor(onChoose, words, said) {
    this.#onChoose = onChoose;
    this.title = make("div", "pg-bars-title");
    this.head = make("div", "pg-picture-head", this.title);
    this.tokens = make("div", "pg-patch-tokens");
    this.cells = make("canvas", "pg-map-cells");
    this.cells.ariaHidden = "true";
    this.frame = make("div", "pg-patch-frame");
    this.grid = new CellGrid(said.grid, {
      words: (position, block) => words(block, position),
      onMove: (position, block) => this.#onChoose(block, position),
    });
    this.area = make("div", "pg-map-area pg-patch-area", this.cells, this.frame, this.grid.element);
    this.ticks = make("div", "pg-patch-ticks");
    const axis = make("div", "pg-patch-axis", said.axis);
    this.plot = make("div", "pg-patch-plot", this.tokens, this.area, this.ticks, axis);
    this.legend = new Legend();
    this.element = make("figure", "pg-patch-map", this.head, this.plot, this.legend.element);
    this.element.ariaLabel = said.map;
    this.area.addEventListener("click", (event) => this.#onClick(event));
  }

  /**
   * @param {string} title
   * @param {number[][]} recovered  by block and position
   * @param {string[]} names  of the tokens
   */
  show(title, recovered, names) {
    this.#recovered = recovered;
    setText(this.title, title);
    this.legend.show(t("comes back"), DIFFERENCE_SCALE, t("−100 %"), t("100 %"));
    this.tokens.replaceChildren(...names.map((name) => Object.assign(make("span", "", name), { title: name })));
    const blocks = recovered.length;
    const shown = blocks <= FEW ? Array.from({ length: blocks }, (_, block) => block + 1) : TICKS.filter((tick) => tick <= blocks);
    this.ticks.replaceChildren(...shown.map((tick) => {
      const label = make("span", "", String(tick));
      label.style.left = `${(100 * (tick - 0.5)) / blocks}%`;
      return label;
    }));
    this.plot.style.setProperty("--pg-lines", String(names.length));
    this.grid.show({ rows: names.length, columns: blocks });
    this.paint();
  }

  /** Paints the cells, one pixel each; the style sheet enlarges them. */
  paint() {
    const [blocks, positions] = [this.#recovered.length, this.#recovered[0]?.length ?? 0];
    if (!blocks) return;
    const table = colourTable(DIFFERENCE_SCALE, this.cells);
    const image = new ImageData(blocks, positions);
    const pixels = new Uint32Array(image.data.buffer);
    this.#recovered.forEach((row, block) => {
      for (const [position, share] of row.entries()) pixels[position * blocks + block] = table[colourIndex(place(share))];
    });
    Object.assign(this.cells, { width: blocks, height: positions });
    this.cells.getContext("2d").putImageData(image, 0, 0);
  }

  /** @param {number} block @param {number} position */
  choose(block, position) {
    const [blocks, positions] = [this.#recovered.length, this.#recovered[0].length];
    const share = (count, all) => `${(100 * count) / all}%`;
    Object.assign(this.frame.style, {
      left: share(block, blocks), width: share(1, blocks), top: share(position, positions), height: share(1, positions),
    });
    this.grid.moveTo(position, block);
  }

  #onClick({ clientX, clientY }) {
    const { left, top, width, height } = this.cells.getBoundingClientRect();
    const at = (offset, length, count) => Math.min(count - 1, Math.max(0, Math.floor((offset / length) * count)));
    this.#onChoose(at(clientX - left, width, this.#recovered.length), at(clientY - top, height, this.#recovered[0].length));
    this.grid.focus(); // so that the arrow keys go on from here
  }
}

/** @param {number} share @returns {number} its place on the scale of colours, from 0 to 1 */
const place = (share) => (Math.min(TOP, Math.max(-TOP, share)) / TOP + 1) / 2;
