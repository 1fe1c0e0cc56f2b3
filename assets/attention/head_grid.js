/**
 * Draws all heads at once on one canvas: one line for each layer, one column for each head. Each cell shows the weights
 * of one query over the tokens. The arrow keys move from head to head. Enter or a click opens one.
 *
 * @typedef {object} Heads
 * @property {number} layers
 * @property {number} heads
 * @property {(string | null)[]} without  for each layer what it is if it has no attention; its line stays empty
 * @property {(layer: number, head: number) => Weights} row  NaN for a token that is left out
 *
 * @typedef {import("./weights.js").Weights} Weights
 *
 * @typedef {[layer: number, head: number]} Cell
 */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { CellGrid } from "./cell_grid.js";
import { onTheme } from "../common/theme.js";
import { HEAT_SCALE, colourIndex, colourTable } from "./heat.js";
import { place } from "./weights.js";

const CELL = { narrowest: 8, widest: 56, lowest: 6, highest: 22 }; // px, with the gap
const GAP = 2;
const SMALLEST = 9; // px of a letter
const LABELS = { layer: 28, head: 18 }; // px

export class HeadGrid {
  #heads = null;
  #isLog = false;
  /** @type {Pick<import("./choice.js").Choice, "layer" | "head">} */
  #chosen = { layer: 0, head: 0 };
  /** @type {Cell[]} the strongest first */
  #marked = [];
  /** @type {Cell} the head that the keys have reached */
  #cursor = [0, 0];
  #cell = [0, 0]; // px
  #onOpen;
  #words;

  /**
   * @param {(layer: number, head: number) => void} onOpen  called when the reader chooses a head
   * @param {(layer: number, head: number) => string} words  returns the sentence for a cell
   */
  constructor(onOpen, words) {
    this.#onOpen = onOpen;
    this.#words = words;
    this.canvas = make("canvas");
    this.canvas.ariaHidden = "true";
    this.cells = new CellGrid(t("All heads: a row for each layer, a column for each head. Enter opens a head."), {
      words,
      onMove: (layer, head) => this.#moveTo([layer, head]),
      onOpen,
    });
    this.said = make("p", "pg-weight-said");
    this.columns = make("div", "pg-grid-columns");
    this.lines = make("div", "pg-grid-lines");
    this.columns.ariaHidden = this.lines.ariaHidden = "true";
    this.area = make("div", "pg-grid-area", this.canvas, this.cells.element);
    this.plot = make("div", "pg-grid-plot", this.columns, this.lines, this.area);
    this.room = make("div", "pg-grid-room", this.plot);
    this.element = make("div", "pg-grid", this.said, this.room);
    this.area.addEventListener("pointermove", (event) => this.#heads && this.#say(this.#cellAt(event)));
    this.area.addEventListener("pointerleave", () => this.#say(this.#cursor));
    this.area.addEventListener("click", (event) => this.#onClick(event));
    onTheme(() => this.#redraw());
  }

  /**
   * @param {Heads} heads
   * @param {Pick<import("./choice.js").Choice, "layer" | "head">} chosen
   * @param {boolean} isLog  whether the scale is logarithmic
   * @param {Cell[]} marked  heads to mark with a frame
   */
  show(heads, chosen, isLog, marked) {
    const isMoved = chosen.layer !== this.#chosen.layer || chosen.head !== this.#chosen.head;
    this.#heads = heads;
    this.#chosen = chosen;
    this.#isLog = isLog;
    this.#marked = marked;
    if (isMoved) this.#cursor = [chosen.layer, typeof chosen.head === "number" ? chosen.head : this.#cursor[1]];
    this.#fit();
    this.#redraw();
    this.cells.show({ rows: heads.layers, columns: heads.heads });
    this.#moveTo(this.#cursor);
  }

  /** Shows no heads. The grid keeps its place, and the focus if it has it. */
  clear() {
    this.#heads = null;
    this.cells.clear();
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
    setText(this.said, "");
  }

  /** Makes the cells as large as the room allows, within limits. */
  #fit() {
    const { layers, heads } = this.#heads;
    const width = clamp(Math.floor((this.room.clientWidth - LABELS.layer) / heads), CELL.narrowest, CELL.widest);
    const line = clamp(Math.floor((this.room.clientHeight - LABELS.head) / layers), CELL.lowest, CELL.highest);
    if (width === this.#cell[0] && line === this.#cell[1] && this.columns.childElementCount === heads) return;
    this.#cell = [width, line];
    this.plot.style.gridTemplateColumns = `${LABELS.layer}px ${width * heads}px`;
    this.plot.style.gridTemplateRows = `${LABELS.head}px ${line * layers}px`;
    this.columns.replaceChildren(...labels(heads, width, 16, "left"));
    this.lines.replaceChildren(...labels(layers, line, 14, "top"));
    this.canvas.style.width = `${width * heads}px`;
    this.canvas.style.height = `${line * layers}px`;
  }

  #redraw() {
    if (!this.#heads) return;
    const { layers, heads, without, row } = this.#heads;
    const dots = devicePixelRatio;
    const [width, line] = this.#cell.map((length) => length * dots);
    const [across, down] = [Math.round(width * heads), Math.round(line * layers)];
    if (this.canvas.width !== across) this.canvas.width = across;
    if (this.canvas.height !== down) this.canvas.height = down;
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(across, down);
    const pixels = new Uint32Array(image.data.buffer);
    const paint = new Paint(this.canvas, this.#isLog);
    for (let layer = 0; layer < layers; layer++) {
      for (let head = 0; head < heads && !without[layer]; head++) {
        const box = [head * width, layer * line, (head + 1) * width - GAP * dots, (layer + 1) * line - GAP * dots];
        paint.strip(pixels, across, box.map(Math.round), row(layer, head));
      }
    }
    context.putImageData(image, 0, 0);
    context.setTransform(dots, 0, 0, dots, 0, 0);
    this.#name(context);
    this.#outline(context);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** Writes what a layer without attention is into its line, where that is high enough. */
  #name(context) {
    const line = this.#cell[1];
    const size = Math.min(12, line - GAP);
    if (size < SMALLEST) return;
    context.font = `${size}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    context.fillStyle = getComputedStyle(this.canvas).getPropertyValue("--pg-muted");
    for (const [layer, kind] of this.#heads.without.entries()) {
      if (kind) context.fillText(kind, 2, (layer + 0.5) * line - GAP / 2);
    }
  }

  #outline(context) {
    const [width, line] = this.#cell;
    const style = getComputedStyle(this.canvas);
    const box = (layer, head, count, colour) => {
      context.strokeStyle = style.getPropertyValue(colour);
      context.lineWidth = 2;
      context.strokeRect(head * width, layer * line, count * width - GAP, line - GAP);
    };
    for (const [layer, head] of this.#marked) box(layer, head, 1, "--pg-ink");
    const { layer, head } = this.#chosen;
    if (typeof head === "number") box(layer, head, 1, "--pg-accent");
    else box(layer, 0, this.#heads.heads, "--pg-accent");
  }

  /** @returns {Cell} */
  #cellAt({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const { layers, heads } = this.#heads;
    const [width, line] = this.#cell;
    return [clamp(Math.floor((clientY - top) / line), 0, layers - 1), clamp(Math.floor((clientX - left) / width), 0, heads - 1)];
  }

  #onClick(event) {
    if (!this.#heads) return;
    const cell = this.#cellAt(event);
    this.#moveTo(cell);
    this.cells.focus(); // so that the arrow keys go on from here
    this.#onOpen(...cell);
  }

  /** @param {Cell} cell */
  #moveTo(cell) {
    this.#cursor = cell;
    this.cells.moveTo(...cell);
    this.#scrollTo(cell);
    this.#say(cell);
  }

  /** Scrolls only the grid, if it has more heads than its room. @param {Cell} cell */
  #scrollTo([layer, head]) {
    const [width, line] = this.#cell;
    const { clientWidth, clientHeight, scrollLeft, scrollTop } = this.room;
    const [right, bottom] = [LABELS.layer + (head + 1) * width, LABELS.head + (layer + 1) * line];
    this.room.scrollLeft = clamp(scrollLeft, right - clientWidth, right - width - LABELS.layer);
    this.room.scrollTop = clamp(scrollTop, bottom - clientHeight, bottom - line - LABELS.head);
  }

  /** @param {Cell} cell */
  #say([layer, head]) {
    if (this.#heads) setText(this.said, this.#words(layer, head));
  }
}

/** Holds the colours for one drawing of the canvas. */
class Paint {
  #isLog;

  constructor(canvas, isLog) {
    this.#isLog = isLog;
    this.table = colourTable(HEAT_SCALE, canvas);
    this.hatch = [this.table[0], this.table[90]];
  }

  /**
   * Fills the box with the row. Each column of pixels shows the largest weight of the tokens that fall on it.
   *
   * @param {Uint32Array} pixels  of the whole canvas
   * @param {number} across  pixels in a line of the canvas
   * @param {number[]} box  left, top, right, bottom
   * @param {Weights} row
   */
  strip(pixels, across, [left, top, right, bottom], row) {
    const width = right - left;
    for (let x = 0; x < width; x++) {
      const first = Math.floor((x * row.length) / width);
      const last = Math.max(first + 1, Math.ceil(((x + 1) * row.length) / width));
      let weight = row[first];
      for (let key = first + 1; key < last; key++) if (!(row[key] <= weight)) weight = row[key];
      const colour = this.table[colourIndex(place(weight, 1, this.#isLog))];
      const isHidden = Number.isNaN(row[first]) && !(weight > 0);
      for (let y = top; y < bottom; y++) {
        pixels[y * across + left + x] = isHidden ? this.hatch[((x + y) >> 1) & 1] : colour;
      }
    }
  }
}

const clamp = (number, low, high) => Math.min(high, Math.max(low, number));

/** Makes number labels from 0 along one side, only as many as fit without touching. */
function labels(count, distance, apart, side) {
  const every = Math.ceil(apart / distance);
  const shown = Array.from({ length: Math.ceil(count / every) }, (_, place) => place * every);
  return Array.from({ length: count }, (_, number) => {
    const label = make("span", "", shown.includes(number) ? String(number) : "");
    label.style[side] = `${(number + 0.5) * distance - GAP / 2}px`;
    return label;
  });
}
