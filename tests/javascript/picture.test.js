/** The drawing of a model: what its parts are called, where they stand, and that nothing lies over something else. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { blocksOf, isOrdinary, undrawnOf, wordsOf } from "../../assets/inside/picture/kinds.js";
import { LEAST_LYING, ROW, THICKEST, layoutOf, thicknesses } from "../../assets/inside/picture/layout.js";
import { boxesOf, rowsOf, short, totalOf } from "../../assets/inside/picture/parts.js";
import { PictureState } from "../../assets/inside/picture/state.js";

const PRE = ["norm", "attention", "add", "norm", "feed_forward", "add"];
const LONG = ["norm", "linear_attention", "add", "norm", "feed_forward", "add"];
const BESIDE = ["norm", "state_space", "add", "attention", "add", "norm", "feed_forward", "add"];
const BOTH = ["norm", "attention", "norm", "add", "norm", "feed_forward", "norm", "add"];
const WRITER = { kind: "Tiny", variant: "", state: [], reach: null, is_chunked: false, is_borrowing: false, neurons: null, experts: null, chosen: null };
const ATTENTION = { ...WRITER, name: "attention" };
const FEED_FORWARD = { ...WRITER, name: "feed_forward", neurons: 32 };
const EXPERTS = { ...WRITER, name: "experts", experts: 8, chosen: 2 };
const LINEAR = { ...WRITER, name: "linear_attention", kind: "TinyDeltaNet", state: [4, 8, 8] };
const STATE_SPACE = { ...WRITER, name: "state_space", variant: "Mamba-2", state: [4, 16] };
const CONVOLUTION = { ...WRITER, name: "convolution", reach: 3 };

/** A kind of block whose parts come one after the other, each with a norm before it. */
const kind = (layers, ...writers) => {
  const shape = { steps: writers.flatMap(({ name }) => ["norm", name, "add"]), writers, reads: writers.map((_, sum) => sum), joins: writers.map(() => false), undrawn: [] };
  return { layers, shape };
};
const DRAWING = {
  model: "Tiny", parameters: 100, layers: 4, width: 8, vocabulary: 5000, window: 64, heads: 4, key_value_heads: 2, is_tied: true,
  norm_kind: "RMSNorm", kinds: [kind([0, 1, 2, 3], ATTENTION, FEED_FORWARD)],
  parts: [
    { name: "embedding", parameters: 60, each: [], tensors: [["wte.weight", [5000, 8]]] },
    { name: "attention", parameters: 40, each: [10, 10, 10, 10], tensors: [["q.weight", [8, 8]]] },
  ],
};

test("numbers are short", () => {
  assert.deepEqual([576, 34_560, 28_311_552, 7_000_000_000].map(short), ["576", "34.6 k", "28.3 M", "7 B"]);
});

test("the table adds up and says what is counted once", () => {
  const rows = rowsOf(DRAWING);
  assert.deepEqual(rows.map(({ name, share }) => [name, share]), [["Embedding", 0.6], ["Attention, 4 blocks", 0.4]]);
  assert.equal(rows[0].shapes, "wte.weight 5,000 × 8");
  assert.match(totalOf(DRAWING), /Together 100 parameters in 4 blocks.*counted once/);
  assert.doesNotMatch(totalOf({ ...DRAWING, is_tied: false }), /once/);
});

test("a block's boxes are its steps, each with its own id", () => {
  const both = { layers: [0, 1, 2, 3], shape: { ...DRAWING.kinds[0].shape, steps: BOTH } };
  const { before, within, after } = boxesOf({ ...DRAWING, kinds: [both] }, 2, 9);
  assert.deepEqual(before.map(({ name, size }) => [name, size]), [["Token ids", "9 numbers"], ["Embedding", "5,000 × 8"]]);
  assert.deepEqual(within.map(({ name }) => name), ["Norm", "Attention", "Norm", "+", "Norm", "Feed-forward", "Norm", "+"]);
  assert.equal(new Set([...before, ...within, ...after].map(({ id }) => id)).size, before.length + within.length + after.length);
  assert.match(within[1].says, /share 2 sets of keys and values.*Block 2 of 0 to 3/);
  assert.equal(within[1].view, "inside/attention");
});

const HYBRID = { ...DRAWING, kinds: [kind([0, 1, 2], LINEAR, FEED_FORWARD), kind([3], ATTENTION, EXPERTS)] };

test("the opened block has the boxes of its own kind", () => {
  const at = (block) => boxesOf(HYBRID, block, 9).within;
  assert.deepEqual(at(1).map(({ name, size }) => [name, size]).slice(1, 5), [["Linear attention", "4 × 8 × 8"], ["+", ""], ["Norm", "RMSNorm"], ["Feed-forward", "32 neurons"]]);
  assert.deepEqual(at(3).map(({ name, size }) => [name, size]).slice(1, 5), [["Attention", "4 heads"], ["+", ""], ["Norm", "RMSNorm"], ["Experts", "2 of 8"]]);
  assert.match(at(1)[1].says, /It has no attention weights to draw. Its class is TinyDeltaNet/);
  assert.match(at(3)[4].says, /a router chooses 2 of 8 feed-forwards/);
  assert.deepEqual([at(1)[1].view, at(3)[1].view], ["", "inside/attention"]);
});

test("an attention says how far it sees, and whether it has keys of its own", () => {
  const says = (more) => boxesOf({ ...DRAWING, kinds: [kind([0, 1, 2, 3], { ...ATTENTION, ...more }, FEED_FORWARD)] }, 0, 9).within[1].says;
  assert.match(says({ reach: 4096 }), /sees only the last 4,096 tokens/);
  assert.match(says({ reach: 8192, is_chunked: true }), /chunks of 8,192 tokens/);
  assert.match(says({ is_borrowing: true }), /uses those of an earlier block/);
  assert.doesNotMatch(says({}), /only|earlier block/);
});

test("blocks are named in runs, and only a regular row of runs is shortened", () => {
  assert.equal(blocksOf([5]), "5");
  assert.equal(blocksOf([0, 1, 2, 3]), "0–3");
  assert.equal(blocksOf([0, 1, 2, 4, 5, 7]), "0–2, 4, 5, 7");
  assert.equal(blocksOf([0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18]), "0–2, 4–6, …, 16–18");
  assert.equal(blocksOf([1, 3, 5, 7, 9, 11]), "1, 3, …, 11");
  assert.equal(blocksOf([1, 3, 5, 7, 10, 12]), "1, 3, 5, 7, 10, 12");
});

test("each kind of block is told in words, with what tells it apart", () => {
  const told = (...kinds) => kinds.map((one) => wordsOf({ ...DRAWING, kinds }, one));
  assert.deepEqual(told(...HYBRID.kinds), ["linear attention, then a feed-forward", "attention, then a mixture of 8 experts"]);
  assert.deepEqual(told(kind([0], { ...ATTENTION, reach: 128 }), kind([1], ATTENTION)), ["attention to the last 128 tokens", "attention to all tokens"]);
  assert.deepEqual(told(kind([0], FEED_FORWARD), kind([1], { ...FEED_FORWARD, neurons: 64 })), ["a feed-forward of 32 neurons", "a feed-forward of 64 neurons"]);
  assert.deepEqual(told(kind([0], CONVOLUTION), kind([1])), ["a convolution over 3 tokens", "it does nothing with a text"]);
  const beside = kind([0, 1, 2, 3], STATE_SPACE, ATTENTION, FEED_FORWARD);
  beside.shape.reads = [0, 0, 2];
  assert.deepEqual(told(beside), ["a state space (Mamba-2) and attention side by side, then a feed-forward"]);
  const [first, second] = boxesOf({ ...DRAWING, kinds: [beside] }, 0, 9).within.filter(({ name }) => ["State space", "Attention"].includes(name));
  assert.match(first.says, /beside another part of the block \(attention\)/);
  assert.match(second.says, /beside another part of the block \(state spaces\)/);
  const further = { layers: [0], shape: { steps: ["norm", "attention", "convolution", "add"], writers: [ATTENTION, CONVOLUTION], reads: [0], joins: [false], undrawn: [] } };
  assert.deepEqual(told(further), ["attention, and on what it writes a convolution over 3 tokens"]);
});

test("an ordinary model has nothing to say about kinds, and parts that are not drawn are named", () => {
  assert.ok(isOrdinary(DRAWING));
  assert.equal(undrawnOf(DRAWING), "");
  for (const other of [HYBRID, { ...DRAWING, kinds: [kind([0, 1, 2, 3], ATTENTION, EXPERTS)] }, { ...DRAWING, kinds: [kind([0, 1, 2, 3], { ...ATTENTION, reach: 8 }, FEED_FORWARD)] }]) {
    assert.ok(!isOrdinary(other));
  }
  const odd = kind([0, 1, 2, 3], ATTENTION, FEED_FORWARD);
  odd.shape.undrawn = ["gate", "altup", "laurel"];
  assert.ok(!isOrdinary({ ...DRAWING, kinds: [odd] }));
  assert.match(undrawnOf({ ...DRAWING, kinds: [odd] }), /^Not drawn are gate, altup and laurel: .*They count/);
});

test("a part counts the blocks that have it", () => {
  const parts = [{ name: "linear_attention", parameters: 30, each: [10, 10, 10, 0], tensors: [] }, { name: "attention", parameters: 70, each: [0, 0, 0, 70], tensors: [] }];
  assert.deepEqual(rowsOf({ ...HYBRID, parts }).map(({ name }) => name), ["Linear attention, 3 blocks", "Attention, 1 block"]);
});

test("the kinds of block have rows beside the stream, unless all blocks are alike or there are too many kinds", () => {
  const rows = (kinds, width = LEAST_LYING) => layoutOf(width, [2, 5], PRE, 12, 0, kinds);
  assert.equal(rows(1).rows, 0);
  assert.equal(rows(7).rows, 0);
  assert.equal(rows(3).rows, 3 * ROW);
  assert.equal(rows(3).height, rows(1).height + 3 * ROW);
  assert.equal(rows(3, 374).height, rows(1, 374).height);
});

test("a model with position vectors has a box for them", () => {
  const positions = { name: "positions", parameters: 512, each: [], tensors: [["wpe.weight", [64, 8]]] };
  const { before } = boxesOf({ ...DRAWING, parts: [...DRAWING.parts, positions] }, 0, 0);
  assert.deepEqual(before.map(({ name, size }) => [name, size]).at(-1), ["Positions", "64 × 8"]);
});

for (const width of [330, 374, 900, LEAST_LYING, 1350]) {
  for (const steps of [[], ["norm", "state_space", "add"], PRE, LONG, BOTH, BESIDE]) {
    for (const layers of [2, 12, 60]) {
      test(`no box lies over another, at ${width} px with ${layers} blocks of ${steps.length} steps`, () => {
        for (const block of [0, layers - 1]) {
          const layout = layoutOf(width, [3, 5], steps, layers, block);
          assert.equal(layout.isUpright, width < LEAST_LYING);
          const rects = [...layout.before, ...layout.within, ...layout.after];
          for (const rect of [...rects, layout.frame]) {
            assert.ok(rect.x >= 0 && rect.x + rect.width <= width, `inside of the width: ${JSON.stringify(rect)}`);
            assert.ok(rect.y >= 0 && rect.y + rect.height <= layout.height);
          }
          for (const [place, one] of rects.entries()) {
            for (const other of rects.slice(place + 1)) assert.ok(isApart(one, other), `${JSON.stringify([one, other])}`);
          }
          for (const rect of layout.within) assert.ok(isWithin(rect, layout.frame));
          assert.equal(layout.stream.length, layers + 1);
        }
      });
    }
  }
}

const isApart = (one, other) =>
  one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y;
const isWithin = (rect, frame) =>
  rect.x >= frame.x && rect.y >= frame.y && rect.x + rect.width <= frame.x + frame.width && rect.y + rect.height <= frame.y + frame.height;

test("the stream is as thick as the vector is long", () => {
  assert.deepEqual(thicknesses([5, 10, 20], 2), [THICKEST / 4, THICKEST / 2, THICKEST]);
  assert.deepEqual(thicknesses([0.01, 100], 1), [1.5, THICKEST]);
  assert.deepEqual(thicknesses(null, 2), [2, 2, 2]);
});

test("lengths of another position are not wanted", () => {
  const state = new PictureState();
  state.take(DRAWING);
  assert.equal(state.block, 2);
  const text = { traceId: "a" };
  assert.ok(state.turn(text, 3));
  state.lengths = [1, 2, 3, 4, 5];
  assert.ok(!state.turn(text, 3));
  assert.ok(state.turn(text, 4));
  assert.equal(state.lengths, null);
  assert.ok(!state.wants(text, 3));
  state.open(9);
  assert.equal(state.block, 3);
  state.openNearest([0, 1]);
  assert.equal(state.block, 1);
  state.openNearest([0, 2]);
  assert.equal(state.block, 0);
});

const STEPS = [{ name: "matrix", given: 8, made: 8 }, { name: "norm", given: 8, made: 8 }];
const FILLS = { ...DRAWING, norms_in_stream: true, head: { task: "fill-mask", reads: "each", steps: STEPS, labels: [] } };
const LABELS = { ...FILLS, is_tied: false, head: { task: "text-classification", reads: "first", steps: STEPS.slice(0, 1), labels: ["bad", "good"] } };

test("an encoder-only model ends with its head, and writes no token", () => {
  const named = ({ after }) => after.map(({ name, size }) => [name, size]);
  assert.deepEqual(named(boxesOf(FILLS, 0, 5)), [["Head", "8 → 8"], ["Unembedding", "5,000 × 8"], ["Softmax", "5,000 shares"], ["Blank", "one word"]]);
  assert.deepEqual(named(boxesOf(LABELS, 0, 5)), [["Head", "8 → 8"], ["Label matrix", "2 × 8"], ["Softmax", "2 shares"], ["Label", "one of 2"]]);
  assert.match(boxesOf(FILLS, 0, 5).after[0].says, /each token on its own.*a matrix of 8 × 8 and a norm/);
  assert.match(boxesOf(LABELS, 0, 5).after[0].says, /first token alone/);
  assert.match(boxesOf(LABELS, 0, 5).after[3].says, /bad, good/);
});

test("an attention of an encoder reads the tokens on both sides", () => {
  const [attention] = boxesOf(FILLS, 0, 5).within.filter(({ name }) => name === "Attention");
  assert.match(attention.says, /before and after its own/);
  const near = { ...FILLS, kinds: [kind([0, 1], { ...ATTENTION, reach: 64 }, FEED_FORWARD), kind([2, 3], ATTENTION, FEED_FORWARD)] };
  assert.match(boxesOf(near, 0, 5).within[1].says, /64 tokens before it and as many after it/);
  assert.equal(wordsOf(near, near.kinds[0]), "attention to 64 tokens on each side, then a feed-forward");
});

test("a matrix of labels is named as one", () => {
  const parts = [...DRAWING.parts, { name: "unembedding", parameters: 16, each: [], tensors: [["classifier.weight", [2, 8]]] }];
  assert.equal(rowsOf({ ...LABELS, parts }).at(-1).name, "Label matrix");
  assert.equal(rowsOf({ ...FILLS, parts }).at(-1).name, "Unembedding");
});
