/** The ways to know the order of a text, as numbers, and what an experiment says. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { enteringSentence } from "../../assets/inside/positions/entering_view.js";
import { resultOf } from "../../assets/inside/positions/experiment_view.js";
import { PositionsState } from "../../assets/inside/positions/state.js";
import { NAMES, meanCosines, summary, wayOf } from "../../assets/inside/positions/ways.js";

const ROTARY = {
  model: "Tiny", kind: "rotary", width: 32, head_width: 8, heads: 4, window: 64, turning: [{ name: "", frequencies: [1, 0.1, 0.01, 0.001] }],
  scaling: "", unturned: [], slopes: [], biases: [], places: [], cosines: [], can_remove: true,
};
const ALIBI = { ...ROTARY, kind: "alibi", turning: [], slopes: [0.5, 0.25, 0.125, 0.0625], can_remove: false };
const LEARNED = { ...ROTARY, kind: "learned", turning: [], places: [0, 1, 2], cosines: [[1, 0.9, 0.1], [0.9, 1, 0.5], [0.1, 0.5, 1]] };

const isNear = (value, expected) => assert.ok(Math.abs(value - expected) < 1e-9, `${value}, and not ${expected}`);

test("sinusoidal vectors are those of the paper, sines and cosines in turns", () => {
  const { cells } = wayOf("sinusoidal", ROTARY);
  assert.deepEqual([cells.values.length, cells.values[0].length], [64, 128]);
  for (const [position, place] of [[0, 0], [0, 1], [5, 6], [5, 7], [63, 127]]) {
    const angle = position / 10_000 ** ((2 * (place >> 1)) / 128);
    isNear(cells.values[position][place], place % 2 ? Math.cos(angle) : Math.sin(angle));
  }
});

test("two equal vectors that are turned apart have the mean cosine as their dot product", () => {
  const speeds = [1, 0.3];
  const pairs = [[0.6, 0.8], [1, 0]];
  const turned = (distance) => pairs.map(([x, y], pair) => {
    const [cos, sin] = [Math.cos(distance * speeds[pair]), Math.sin(distance * speeds[pair])];
    return [x * cos - y * sin, x * sin + y * cos];
  });
  const dot = (one, other) => one.flat().reduce((sum, value, place) => sum + value * other.flat()[place], 0);
  const found = meanCosines(speeds);
  for (const distance of [0, 1, 7, 100]) isNear(found[distance], dot(turned(3 + distance), turned(3)) / 2);
});

test("a rotary model's own pairs are drawn, and the paper's for another model", () => {
  const own = wayOf("rotary", ROTARY);
  assert.equal(own.cells.columnNames.length, 4);
  isNear(own.cells.values[10][1], Math.cos(1));
  assert.match(own.cells.words(10, 1), /position 10, pair 1: turned by 1 radians, that is 57.3°/);
  assert.match(own.cells.words(1, 3), /turned by 0.001 radians/);
  assert.match(own.says, /needs 6,280 positions/);
  assert.equal(own.curves.series[0].values.length, 64, "a distance beyond the window does not exist");
  assert.match(wayOf("rotary", ALIBI).says, /paper’s speeds/);
  const two = { ...ROTARY, turning: [...ROTARY.turning, { name: "full attention", frequencies: [0.5] }] };
  assert.equal(wayOf("rotary", two).curves.series.length, 2);
  assert.match(summary(two), /turn in 2 ways/);
});

test("ALiBi leaves less of a weight the farther a token is, each head in its own way", () => {
  const { cells } = wayOf("alibi", ALIBI);
  isNear(cells.values[1][8], Math.exp(-2));
  assert.match(cells.words(1, 8), /head 1, distance 8: the score falls by 2, the weight to 13.5 %/);
  assert.equal(wayOf("alibi", ROTARY).cells.rowNames.length, 8);
});

test("a learned table is drawn only where there is one", () => {
  assert.deepEqual(wayOf("learned", LEARNED).cells.values, LEARNED.cosines);
  const other = wayOf("learned", ROTARY);
  assert.equal(other.cells, null);
  assert.match(other.says, /Tiny has no such table/);
});

const RELATIVE = {
  ...ROTARY, kind: "relative", turning: [], can_remove: false,
  biases: [
    { name: "encoder", distances: [[-8, -3], [-2, -2], [-1, -1], [0, 0], [1, 1], [2, 2], [3, 8]], heads: [[1, 2, 3, 4, 5, 6, -7], [0, 0, 0, 0, 0, 0, 0]] },
    { name: "decoder", distances: [[-8, -6], [-5, -3], [-2, -2], [-1, -1], [0, 0]], heads: [[0.5, 0, 0, 0, -0.25], [0, 0, 0, 0, 0]] },
  ],
};

test("a learned bias is drawn as it is, by head and by range of distances", () => {
  const { cells } = wayOf("relative", RELATIVE);
  assert.deepEqual(cells.columnNames, ["≤ −3", "−2", "−1", "0", "1", "2", "≥ 3"]);
  assert.deepEqual(cells.columnTicks, ["−3", "−2", "−1", "0", "1", "2", "3"]);
  assert.equal(cells.values, RELATIVE.biases[0].heads);
  assert.equal(cells.largest, 7);
  assert.match(cells.words(0, 0), /head 0, encoder, distance ≤ −3: 1.00 is added to the score, which multiplies the weight by 2.72/);
  const decoder = wayOf("relative", RELATIVE, 1).cells;
  assert.deepEqual(decoder.columnNames, ["≤ −6", "−5…−3", "−2", "−1", "0"]);
  assert.match(decoder.words(0, 4), /−0.25 is added/);
  assert.match(summary(RELATIVE), /The first block’s numbers serve all blocks/);
  assert.match(summary({ ...RELATIVE, biases: [...RELATIVE.biases, ...RELATIVE.biases] }), /Each block has numbers of its own/);
  assert.match(wayOf("relative", ROTARY).says, /Tiny has no such numbers/);
});

test("every kind of model has its sentence", () => {
  for (const kind of [...Object.keys(NAMES), "none"]) assert.match(summary({ ...ROTARY, kind }), /Tiny/);
  assert.match(summary({ ...ROTARY, head_width: 16, unturned: [3], scaling: "llama3" }), /8 of the 16 numbers.*layers 3 do not turn.*llama3/);
});

test("an experiment says what became of the next token", () => {
  const textOf = (id) => `t${id}`;
  const runs = [0, 3.2, 1.5].map((kl_bits) => ({ name: "", kl_bits, entropy_bits: 1 }));
  const tokens = [{ token_id: 5, probabilities: [0.6, 0.1, 0.5] }, { token_id: 6, probabilities: [0.1, 0.7, 0.2] }];
  const told = { token_ids: [1, 2, 3], moved_ids: [2, 1, 3], runs, tokens };
  assert.equal(resultOf(told, textOf), "In the other order the most probable token is “t6”, not “t5”; KL 3.20 bits. Without positions the text as it is loses 1.50 bits.");
  assert.match(resultOf({ ...told, tokens: tokens.slice(0, 1), runs: runs.slice(0, 2) }, textOf), /still “t5”; KL 3.20 bits\.$/);
  assert.match(resultOf({ ...told, moved_ids: [1, 2, 3] }, textOf), /too few words/);
});

test("the vectors that are added up say what becomes of their sum", () => {
  const added = [{ name: "token", row: 4, length: 1, share: 0.6 }, { name: "position", row: 2, length: 1, share: 0.4 }];
  const told = { added, is_normed: true, sum_length: 1.5, length: 13.678 };
  assert.equal(enteringSentence(told), "The sum has the length 1.50. A norm follows it, and what enters the first layer has the length 13.68.");
  assert.equal(enteringSentence({ ...told, is_normed: false, length: 1.5 }), "The sum, of length 1.50, is what enters the first layer.");
  assert.match(enteringSentence({ ...told, added: [] }), /not the sum of the rows alone/);
});

test("a table that begins later says so, as RoBERTa's does", () => {
  assert.match(summary({ ...LEARNED, first_row: 2 }), /begin in row 2 of its table/);
  assert.doesNotMatch(summary({ ...LEARNED, first_row: 0 }), /row/);
});

test("an experiment of another order is not wanted", () => {
  const state = new PositionsState();
  state.take(ALIBI);
  assert.equal(state.way, "alibi");
  const text = { traceId: "a" };
  assert.ok(state.turn(text, 2));
  assert.ok(state.wants(text, 2, "reversed"));
  state.turnOrder("shuffled");
  assert.ok(!state.wants(text, 2, "reversed"));
});
