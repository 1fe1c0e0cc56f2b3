/** Tests the numbers of the logit lens: decoded cells, the layers that have room, shades, heights and sums. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cells, layersThatFit } from "../../assets/inside/layers/cells.js";
import { lengthAxis, rankAxis, spread } from "../../assets/inside/layers/line_chart.js";
import { MEANINGS } from "../../assets/inside/layers/shading.js";
import { allTerms, largest, nameOf, roundTicks, signed, totals } from "../../assets/inside/layers/sums.js";
import { near } from "./near.js";

const packed = (numbers) => Buffer.from(numbers.buffer).toString("base64");
const line = (start, layer, ids, done) => ({
  done, of: 4, start, layer,
  ids: packed(Uint32Array.from(ids)),
  shares: packed(Float32Array.from(ids, (id) => 1 / id)),
  finals: packed(Float32Array.from({ length: ids.length / 2 }, (_, place) => place / 8)),
  ranks: packed(Uint32Array.from({ length: ids.length / 2 }, (_, place) => place + 1)),
  kl_nats: packed(Float32Array.from({ length: ids.length / 2 }, (_, place) => place / 2)),
});

test("cells are there once their slice and layer have come", () => {
  const cells = new Cells({ tokens: 3, layers: 2, top: 2, after: "" });
  assert.equal(cells.at(0, 1), null);
  cells.put(line(2, 1, [8, 4], 1)); // the slice in view comes first
  assert.equal(cells.at(1, 1), null);
  assert.deepEqual(cells.at(2, 1).top, [[8, 1 / 8], [4, 1 / 4]]);
  cells.put(line(0, 1, [1, 2, 4, 8], 2));
  assert.deepEqual(cells.at(1, 1), { top: [[4, 1 / 4], [8, 1 / 8]], final: 1 / 8, rank: 2, klNats: 1 / 2 });
  assert.equal(cells.at(1, 0), null);
  assert.equal(cells.done, 1 / 2);
});

for (const [layers, room, expected] of [
  [31, 40, Array.from({ length: 31 }, (_, layer) => layer)],
  [31, 16, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30]],
  [31, 5, [0, 6, 14, 22, 30]],
  [13, 4, [0, 4, 8, 12]],
  [3, 1, [0, 2]],
]) {
  test(`of ${layers} layers, ${room} have room`, () => assert.deepEqual(layersThatFit(layers, room), expected));
}

test("dark is near to the model's own answer, for each meaning", () => {
  const best = { top: [[1, 1]], final: 1, rank: 1, klNats: 0 };
  const worst = { top: [[1, 0.01]], final: 0, rank: 40_000, klNats: 30 };
  for (const { shade, words } of Object.values(MEANINGS)) {
    assert.deepEqual([shade(best), shade(worst)], [7, 0]);
    assert.ok(words(worst));
  }
});

test("names that are too near are moved apart, in their order and within the picture", () => {
  near(spread([10, 12, 100], 15, 200), [10, 25, 100]);
  near(spread([190, 195, 10], 15, 200), [185, 200, 10]);
});

test("rank 1 is on top and a length of 0 at the bottom", () => {
  const ranks = rankAxis(2000);
  near([1, 100, 10_000].map(ranks.place), [0, 0.5, 1]);
  assert.deepEqual(ranks.ticks.map(([, words]) => words), ["1", "10", "100", "1,000", "10,000"]);
  const lengths = lengthAxis(830, "length");
  assert.equal(lengths.place(0), 1);
  assert.deepEqual(lengths.ticks.map(([value]) => value), [0, 200, 400, 600, 800, 1000]);
});

const TERMS = { logit: 4.5, embedding: 1, bias: 0.5, attention: [2, -1], feed_forward: [0.5, 1.5], heads: null, remainder: 0, after: "" };

test("the running total begins with embedding and bias and ends at the logit", () => near(totals(TERMS), [1.5, 4, 4.5]));

test("all terms and the remainder are the logit", () => {
  near(allTerms(TERMS).reduce((sum, { value }) => sum + value, TERMS.remainder), TERMS.logit);
});

test("the largest terms of each sign have names", () => {
  assert.deepEqual(largest(TERMS, 1, 2).map(nameOf), ["the attention of layer 0", "the feed-forward of layer 1"]);
  assert.deepEqual(largest(TERMS, -1, 3).map(nameOf), ["the attention of layer 1"]);
});

for (const [value, words] of [[3.3412, "+3.34"], [-0.5, "−0.50"], [0, "0"], [-0.0000021, "−0.000002"], [0.0049, "+0.005"]]) {
  test(`a part of the logit in words: ${value}`, () => assert.equal(signed(value), words));
}

for (const [low, high, ticks] of [[-4.2, 17.4, [-5, 0, 5, 10, 15, 20]], [0, 0.31, [0, 0.1, 0.2, 0.3, 0.4]], [0, 0, [0]]]) {
  test(`round numbers around ${low} and ${high}`, () => near(roundTicks(low, high), ticks));
}
