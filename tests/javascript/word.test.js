/** The pane To a word: the numbers of its table, the arithmetic in words, and what is in view. */

import { momentOf } from "../../assets/distribution/moment.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { Text } from "../../assets/inside/text.js";
import { WordState } from "../../assets/inside/word/state.js";
import { exact, expText, softmaxSteps, tableOf } from "../../assets/inside/word/sums.js";
import { near } from "./near.js";

const LOGITS = [2, 1, 0, -1, -2];
const FACTS = { width: 9, dtype: "float32", after: "", formula: "{x}", neurons: [4, 4], reason: "" };
const total = (values) => values.reduce((sum, value) => sum + value, 0);
const rowOf = (logits) => sortRow(Float32Array.from(logits));
const tableFor = (settings, ids, text = [4]) => tableOf(reshape(rowOf(LOGITS), momentOf(text), settings), ids);

test("each line follows from its logit, and the lines and the others are the sum", () => {
  const { lines, sums } = tableFor({}, [0, 1, 4]);
  for (const { id, below, weight, share } of lines) {
    near([below, weight, share], [LOGITS[id] - 2, Math.exp(LOGITS[id] - 2), Math.exp(LOGITS[id] - 2) / sums.sum]);
  }
  near(sums.sum, total(LOGITS.map((logit) => Math.exp(logit - 2))));
  near(total(lines.map(({ weight }) => weight)) + sums.rest, sums.sum);
  assert.deepEqual([sums.size, sums.others, sums.largest, lines[2].rank], [5, 2, 2, 5]);
});

test("temperature and cuts give the kept tokens the whole, and a removed one nothing", () => {
  const { lines, sums } = tableFor({ strategy: "sample", temperature: 0.5, top_k: 3 }, [0, 1, 3]);
  near(lines.map(({ scaledBelow }) => scaledBelow), [0, -2, -6]);
  near(sums.scaledSum, 1 + Math.exp(-2) + Math.exp(-4));
  near(lines.map(({ scaledShare }) => scaledShare), [1 / sums.scaledSum, Math.exp(-2) / sums.scaledSum, 0]);
  assert.deepEqual([sums.kept, sums.keptOthers, lines[2].removedBy], [3, 1, "top_k"]);
  near(sums.scaledRest, Math.exp(-4));
});

test("a penalty changes the logit before the temperature does, and may change which is the largest", () => {
  const { lines, sums } = tableFor({ strategy: "sample", repetition_penalty: 4 }, [0, 1], [0]);
  assert.deepEqual([lines[0].logit, lines[0].changed, sums.largest, sums.scaledLargest], [2, 0.5, 2, 1]);
  near(lines.map(({ scaledBelow }) => scaledBelow), [-0.5, 0]);
});

test("greedy leaves the model's own probabilities", () => {
  const { lines } = tableFor({ strategy: "greedy", temperature: 0.5, top_k: 1 }, [0, 1]);
  near(lines.map(({ scaledShare }) => scaledShare), lines.map(({ share }) => share));
});

test("the arithmetic is written with its numbers", () => {
  const { lines, sums } = tableFor({ strategy: "sample", top_k: 1 }, [1]);
  const products = { largest: [3, -1, 0.5, 0.25].map((product) => ({ product })), bias: -0.5, total: 1, after: 1 };
  const steps = softmaxSteps(lines[0], sums, products, FACTS);
  assert.equal(steps[0], "Logit: h · w = 3.0000 − 1.0000 + 0.5000 − 1.0000 (the 6 others) − 0.5000 (bias) = 1.0000.");
  assert.match(steps[1], /^Minus the largest logit: 1.0000 − 2.0000 = −1.0000\./);
  assert.deepEqual(steps.slice(2), [
    "exp(−1.0000) = 0.367879.",
    "The same for all 5 tokens, and all of it added up: 1.571317.",
    "0.367879 / 1.571317 = 23.4 %: the model’s own probability.",
  ]);
  assert.match(softmaxSteps(lines[0], sums, null, FACTS)[0], /the sum of 9 products/);
  const capped = softmaxSteps(lines[0], sums, { ...products, total: 1.2 }, { ...FACTS, formula: "5 · tanh({x} / 5)" });
  assert.match(capped[0], /= 1.2000, and 5 · tanh\(1.2000 \/ 5\) = 1.0000\.$/);
});

test("a token that the model rules out has no arithmetic", () => {
  const { lines, sums } = tableOf(reshape(rowOf([1, 0, -Infinity]), momentOf([0]), {}), [2]);
  assert.match(softmaxSteps(lines[0], sums, null, FACTS).join(), /^The model rules this token out/);
  assert.deepEqual([lines[0].share, exact(lines[0].logit)], [0, "−∞"]);
});

test("numbers have the digits that a calculator needs", () => {
  assert.deepEqual([expText(0), expText(2.064e-9), expText(0.0123456), expText(14.32181), expText(49152)], ["0", "2.06 · 10⁻⁹", "0.012346", "14.3218", "49,152"]);
});

const text = (traceId, ids) => new Text(traceId, ids, String, ids.length, false);

function viewing(...place) {
  const state = new WordState();
  state.look(...place);
  state.take(FACTS, rowOf(LOGITS));
  return state;
}

test("another position or text begins again, the same one does not", () => {
  const first = text("a", [3, 4, 2]);
  const state = viewing(first, 1);
  state.room = 1;
  assert.deepEqual([state.look(first, 1), state.shown, state.token], [false, [0, 2], 0], "the best token and the next one of the text");
  state.search(3);
  assert.deepEqual([state.shown, state.token], [[0, 2, 3], 3]);
  assert.deepEqual([state.look(first, 0), state.row, state.token, state.searched], [true, null, null, [3]]);
  assert.deepEqual([state.look(text("b", [3, 4]), 0), state.searched], [true, []]);
  assert.deepEqual([state.look(undefined, -1), state.shape, state.shown], [true, null, []]);
});

test("the last position of a text that grows gets its next token, and keeps what was read", () => {
  const state = viewing(text("a", [3, 4]), 1);
  state.room = 1;
  assert.deepEqual([state.next, state.shown], [undefined, [0]]);
  assert.deepEqual([state.look(text("a", [3, 4, 2]), 1), state.next, state.shown, state.row !== null], [true, 2, [0, 2], true]);
});

test("a chosen token takes the products and neurons of the last one away", () => {
  const state = viewing(text("a", [3, 4]), 1);
  assert.deepEqual([state.turnFold(0), state.isUnfolded], [false, true], "it was chosen already");
  state.against = 2;
  state.products = { largest: [] };
  state.neurons = { toward: [{ layer: 1, neuron: 3 }, { layer: 0, neuron: 2 }], against: [{ layer: 0, neuron: 0 }] };
  assert.equal(state.neuron.layer, 1);
  state.chooseNeuron(state.listed[1]);
  assert.equal(state.neuron.neuron, 2);
  state.turnSide(false);
  assert.equal(state.neuron.neuron, 0);
  assert.deepEqual([state.turnFold(2), state.isUnfolded, state.products, state.neurons, state.against], [true, true, null, null, null]);
});

test("more products are asked for until all are there", () => {
  const state = viewing(text("a", [3, 4]), 1);
  assert.deepEqual([state.productsAsked, state.hasMore], [8, true]);
  state.askMore();
  assert.deepEqual([state.productsAsked, state.hasMore], [9, false]);
});

test("a stage with words takes part as soon as the server has told its tokens", () => {
  let ids;
  const state = new WordState((read) => momentOf(read, { words: { idsOf: () => ids } }));
  state.look(text("a", [3, 4]), 1);
  state.apply({ strategy: "sample", bad_words: ["x"] });
  state.take(/** @type {any} */ (FACTS), rowOf(LOGITS));
  assert.deepEqual([state.shape.isWaiting, state.shape.kept], [true, LOGITS.length]);
  ids = [[0]];
  assert.deepEqual([state.shape.isWaiting, state.shape.kept], [false, LOGITS.length - 1]);
});

test("settings change what the table makes of the row, and a half-typed one does not", () => {
  const state = viewing(text("a", [3, 4]), 1);
  state.apply({ strategy: "sample", top_k: 2, temperature: 0.5 });
  assert.equal(state.shape.kept, 2);
  state.apply({ top_k: null });
  assert.equal(state.shape.kept, 2);
});
