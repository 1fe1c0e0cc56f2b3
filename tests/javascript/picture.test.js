/** The drawing of a model: what its parts are called, where they stand, and that nothing lies over something else. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { LEAST_LYING, THICKEST, layoutOf, thicknesses } from "../../assets/inside/picture/layout.js";
import { boxesOf, rowsOf, short, totalOf } from "../../assets/inside/picture/parts.js";
import { PictureState } from "../../assets/inside/picture/state.js";

const PRE = ["norm", "attention", "add", "norm", "feed_forward", "add"];
const BOTH = ["norm", "attention", "norm", "add", "norm", "feed_forward", "norm", "add"];
const DRAWING = {
  model: "Tiny", parameters: 100, layers: 4, width: 8, vocabulary: 5000, window: 64, heads: 4, key_value_heads: 2, neurons: 32, is_tied: true,
  is_parallel: false, steps: PRE, norm_kind: "RMSNorm",
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
  const { before, within, after } = boxesOf({ ...DRAWING, steps: BOTH }, 2, 9);
  assert.deepEqual(before.map(({ name, size }) => [name, size]), [["Token ids", "9 numbers"], ["Embedding", "5,000 × 8"]]);
  assert.deepEqual(within.map(({ name }) => name), ["Norm", "Attention", "Norm", "+", "Norm", "Feed-forward", "Norm", "+"]);
  assert.equal(new Set([...before, ...within, ...after].map(({ id }) => id)).size, before.length + within.length + after.length);
  assert.match(within[1].says, /share 2 sets of keys and values.*Block 2 of 0 to 3/);
  assert.equal(within[1].view, "inside/attention");
});

test("a model with position vectors has a box for them", () => {
  const positions = { name: "positions", parameters: 512, each: [], tensors: [["wpe.weight", [64, 8]]] };
  const { before } = boxesOf({ ...DRAWING, parts: [...DRAWING.parts, positions] }, 0, 0);
  assert.deepEqual(before.map(({ name, size }) => [name, size]).at(-1), ["Positions", "64 × 8"]);
});

for (const width of [330, 374, 900, LEAST_LYING, 1350]) {
  for (const steps of [PRE, BOTH]) {
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
});
