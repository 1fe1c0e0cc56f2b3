/**
 * What the pane Picture shows: the drawing of the model, the block that is opened, and how long the vectors at the chosen
 * position are. Named actions change it. Does not know the page or the server.
 */

export class PictureState {
  /** @type {import("./reader.js").Drawing | null} once fetched */
  drawing = null;
  /** The block that is opened, from 0. */
  block = 0;
  /** @type {import("../text.js").Text | undefined} */
  text = undefined;
  query = -1;
  /** @type {number[] | null} the lengths at the position in view, once fetched */
  lengths = null;
  error = "";

  /** @param {import("./reader.js").Drawing} drawing */
  take(drawing) {
    this.drawing = drawing;
    this.block = Math.floor(drawing.layers / 2);
    this.error = "";
  }

  /** Turns to a text and a position. The lengths of the last ones go. @returns {boolean} whether they are others */
  turn(text, query) {
    if (text === this.text && query === this.query) return false;
    this.text = text;
    this.query = query;
    this.lengths = null;
    return true;
  }

  /** Whether lengths are those of the position in view. */
  wants(text, query) {
    return text === this.text && query === this.query;
  }

  /** Opens the one of some blocks that is nearest to the opened one. @param {number[]} blocks */
  openNearest(blocks) {
    const distance = (block) => Math.abs(block - this.block);
    this.block = blocks.reduce((nearest, block) => (distance(block) < distance(nearest) ? block : nearest));
  }

  /** Opens the block that is nearest to a number. @param {number} block */
  open(block) {
    this.block = Math.min(Math.max(block, 0), this.drawing.layers - 1);
  }
}
