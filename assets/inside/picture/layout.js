/**
 * Says where the parts of the drawing stand. Pure: knows widths and numbers, not the page. All lengths are in pixels.
 * The drawing lies where there is room, and stands upright elsewhere: it then has the stream on the left and the opened
 * block on the right.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Rect
 * @typedef {[x: number, y: number]} Point
 *
 * @typedef {object} Layout
 * @property {boolean} isUpright
 * @property {number} width
 * @property {number} height
 * @property {Rect[]} before  the boxes before the blocks
 * @property {Rect[]} within  those of the opened block
 * @property {Rect[]} after
 * @property {Point[]} stream  where the stream is before the first block, and after each block
 * @property {Rect} frame  around the opened block
 * @property {number} rows  the thickness of the rows that show of which kind each block is, 0 for none
 * @property {Point[]} back  the line from the last token to the first box
 * @property {Point} inside  where the stream enters the opened block
 * @property {Point} outside  where it leaves it
 */

export const LEAST_LYING = 1150; // a narrower drawing stands upright
export const THICKEST = 40; // of the stream
const BOX = { width: 116, height: 46, small: 30 };
const GAP = 12;
const LYING = { frame: 132, stream: 214, height: 292 };
const UPRIGHT = { left: 18, box: 128, room: 14, step: 52, words: 22 };
const LONG = ["linear_attention", "cross_attention"]; // the parts with the longest names
const LEAST_FRAME = 350; // so that there is room for the words above a block with few steps
export const ROW = 6; // of one kind of block
export const MOST_ROWS = 6; // of kinds

/**
 * @param {number} width
 * @param {[before: number, after: number]} counts
 * @param {string[]} steps
 * @param {number} layers
 * @param {number} block
 * @param {number} kinds  of the blocks: each has a row beside the stream, unless all blocks are alike or there are too many
 * @returns {Layout}
 */
export function layoutOf(width, counts, steps, layers, block, kinds = 1) {
  const rows = kinds > 1 && kinds <= MOST_ROWS ? kinds * ROW : 0;
  return width >= LEAST_LYING ? lying(width, counts, steps, layers, block, rows) : upright(width, counts, steps, layers, block, rows);
}

/** @returns {Layout} */
function lying(width, [before, after], steps, layers, block, rows) {
  const y = LYING.stream - BOX.height / 2;
  const row = (count, left) => Array.from({ length: count }, (_, place) => ({ x: left + place * (BOX.width + GAP), y, width: BOX.width, height: BOX.height }));
  const left = before * (BOX.width + GAP);
  const right = width - after * (BOX.width + GAP) + GAP;
  const stream = along([left, LYING.stream], [right - GAP, LYING.stream], layers);
  const sizes = steps.map((step) => (step === "add" ? BOX.small : step === "norm" ? 90 : LONG.includes(step) ? 142 : 126));
  const inner = Math.max(LEAST_FRAME, sizes.reduce((sum, size) => sum + size + GAP, GAP) + 2 * GAP);
  const at = (stream[block][0] + stream[block + 1][0]) / 2;
  const frame = { x: clamp(at - inner / 2, 1, width - inner - 1), y: 1, width: inner, height: LYING.frame };
  let x = frame.x + 2 * GAP;
  const within = steps.map((step, place) => {
    const isSum = step === "add";
    const rect = { x, y: isSum ? 103 - BOX.small / 2 : 30, width: sizes[place], height: isSum ? BOX.small : BOX.height };
    x += sizes[place] + GAP;
    return rect;
  });
  const height = LYING.height + rows;
  const bottom = height - 12;
  const [first, last] = [BOX.width / 2, width - BOX.width / 2];
  const low = LYING.stream + BOX.height / 2;
  return {
    isUpright: false, width, height, rows, before: row(before, 0), within, after: row(after, right), stream, frame,
    back: [[last, low], [last, bottom], [first, bottom], [first, low]],
    inside: [frame.x, 103], outside: [frame.x + inner, 103],
  };
}

/** @returns {Layout} */
function upright(width, [before, after], steps, layers, block, rows) {
  const column = (count, top) => Array.from({ length: count }, (_, place) => ({ x: UPRIGHT.left, y: top + place * (BOX.height + UPRIGHT.room), width: UPRIGHT.box, height: BOX.height }));
  const middle = UPRIGHT.left + UPRIGHT.box / 2;
  const top = before * (BOX.height + UPRIGHT.room);
  const inner = steps.length * UPRIGHT.step + 50;
  const length = Math.max(inner + 2 * UPRIGHT.words, 10 * layers);
  const stream = along([middle, top], [middle, top + length], layers);
  const at = (stream[block][1] + stream[block + 1][1]) / 2;
  const x = UPRIGHT.left + UPRIGHT.box + 26;
  const frame = { x, y: clamp(at - inner / 2, top + UPRIGHT.words, top + length - inner - UPRIGHT.words), width: Math.min(width - x - 1, 230), height: inner };
  const line = x + 26;
  const [indent, widest] = steps.some((step) => LONG.includes(step)) ? [18, 142] : [26, 128];
  const within = steps.map((step, place) => {
    const isSum = step === "add";
    const y = frame.y + 38 + place * UPRIGHT.step;
    return isSum ? { x: line - BOX.small / 2, y: y + 8, width: BOX.small, height: BOX.small } : { x: line + indent, y, width: Math.min(frame.width - 36 - indent, widest), height: BOX.height };
  });
  const below = column(after, top + length + UPRIGHT.room);
  const end = below.at(-1);
  const height = end.y + end.height + 2;
  return {
    isUpright: true, width, height, rows, before: column(before, 0), within, after: below, stream, frame,
    back: [[UPRIGHT.left, end.y + end.height / 2], [4, end.y + end.height / 2], [4, BOX.height / 2], [UPRIGHT.left, BOX.height / 2]],
    inside: [line, frame.y + 26], outside: [line, frame.y + inner],
  };
}

/** @param {Point} from @param {Point} to @param {number} layers @returns {Point[]} */
function along(from, to, layers) {
  const at = (axis, place) => from[axis] + ((to[axis] - from[axis]) * place) / layers;
  return Array.from({ length: layers + 1 }, (_, place) => [at(0, place), at(1, place)]);
}

/** @param {number[] | null} lengths @param {number} layers @returns {number[]} how thick the stream is at each of its points */
export function thicknesses(lengths, layers) {
  if (!lengths) return Array.from({ length: layers + 1 }, () => 2);
  const longest = Math.max(...lengths) || 1;
  return lengths.map((length) => Math.max(1.5, (THICKEST * length) / longest));
}

const clamp = (number, low, high) => Math.max(low, Math.min(number, high));
