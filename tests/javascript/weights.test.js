/** Tests the arithmetic of attention's pictures by hand: combined heads, the first token left out, scales, aligned texts. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { difference, entropyBits, place, together, withoutFirst } from "../../assets/attention/weights.js";
import { near } from "./near.js";

const list = (row) => Array.from(row);

for (const [how, expected] of [["mean", [0.5, 0.25, 0.25]], ["max", [0.75, 0.5, 0.5]]]) {
  test(`heads are taken together key by key: ${how}`, () => {
    assert.deepEqual(list(together([[0.75, 0, 0.5], [0.25, 0.5, 0]], how)), expected);
  });
}

test("without the first token the rest has the sum of all", () => {
  const [first, ...rest] = withoutFirst([0.6, 0.3, 0.1]);
  assert.equal(first, NaN);
  near(rest, [0.75, 0.25]);
});

test("a maximum over heads keeps its sum too", () => {
  const [, ...rest] = withoutFirst([0.9, 0.5, 0.1]);
  near(rest.reduce((sum, weight) => sum + weight), 1.5);
});

for (const row of [[1], [1, 0, 0], [0, 0]]) {
  test(`where nothing is left the rest is nothing: ${row}`, () => {
    const [first, ...rest] = withoutFirst(row);
    assert.equal(first, NaN);
    assert.deepEqual(rest, Array(row.length - 1).fill(0));
  });
}

for (const [row, bits] of [[[1, 0], 0], [[0.5, 0.5], 1], [Array(4).fill(0.25), 2]]) {
  test(`entropy is in bits: ${row}`, () => assert.equal(entropyBits(row), bits));
}

for (const [weight, isLog, expected] of [
  [0, false, 0],
  [0.1, false, 0.25],
  [0.4, false, 1],
  [0, true, 0],
  [0.4e-5, true, 0],
  [0.4e-4, true, 0],
  [0.004, true, 0.5],
  [0.4, true, 1],
]) {
  test(`a weight has its place on the scale: ${weight}${isLog ? ", logarithmic" : ""}`, () => {
    near(place(weight, 0.4, isLog), expected);
  });
}

test("a scale without a top has everything at its start", () => {
  assert.equal(place(0, 0, false), 0);
  assert.equal(place(0, 0, true), 0);
});

test("a difference is the second less the first where they align", () => {
  const a = [[1], [0.5, 0.5], [0.25, 0.25, 0.5]];
  const b = [[1], [0.75, 0.25], [0, 0, 1], [0, 0, 0.5, 0.5]];
  assert.deepEqual(difference(a, b, [[0, 0], [2, 3]]).map(list), [[0], [-0.25, 0]]);
});
