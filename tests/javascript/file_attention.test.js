/** Tests the attention of an opened file: the numbers of the file, combined as the server combines them, or a sentence. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { FileAttention } from "../../assets/common/file_attention.js";

const HALVES = { 0: 0, 0.25: 0x3400, 0.5: 0x3800, 0.75: 0x3a00, 1: 0x3c00 };

/** Two layers of two heads that see two tokens; the second layer has no attention. */
const WEIGHTS = [0.25, 0.75, 1, 0, 0, 0, 0, 0];

function written(weights = WEIGHTS, shape = [2, 2, 2]) {
  const bits = Uint16Array.from(weights, (weight) => HALVES[weight]);
  return { shape, float16: Buffer.from(bits.buffer).toString("base64") };
}

const whole = (...attention) => new FileAttention(attention.map((one) => ({ attention: one })), "full");

test("a row is that of the file, and rows are combined as the server combines them", () => {
  const file = whole(written());
  assert.deepEqual([...file.row(0, 2, 0, 0)], [0.25, 0.75]);
  assert.deepEqual([...file.row(0, 2, 0, 1)], [1, 0]);
  assert.deepEqual([...file.row(0, 2, 0, "mean")], [0.625, 0.375]);
  assert.deepEqual([...file.row(0, 2, 0, "max")], [1, 0.75]);
  assert.deepEqual([...file.row(0, 2, "mean", 1)], [1, 0], "over the layers that have attention");
  assert.deepEqual([...file.row(0, 2, "max", "mean")], [0.625, 0.375]);
});

test("what there is to choose is found in the file", () => {
  const { facts } = whole(written());
  assert.deepEqual(facts, { layers: 2, heads: 2, without: [null, "without attention"], reason: null });
  const file = whole(written());
  assert.equal(file.facts, file.facts, "the same object, so that the lists are filled once");
});

test("a row may be changed without changing the file", () => {
  const file = whole(written());
  file.row(0, 2, 0, 0)[0] = 9;
  assert.equal(file.row(0, 2, 0, 0)[0], 0.25);
});

test("how the source was looked at is there for an encoder–decoder", () => {
  const file = new FileAttention([{ attention: written(), source_attention: written([0.25, 0.75, 0.75, 0.25], [1, 2, 2]) }], "full");
  assert.deepEqual(file.sourceRow(0, 2, "", "mean"), { weights: [0.5, 0.5], layer: 0, layers: 1, heads: 2 });
  assert.deepEqual(file.sourceRow(0, 2, "0", "1").weights, [0.75, 0.25]);
});

test("a file without attention says why", () => {
  const light = new FileAttention([{}], "light");
  assert.match(light.facts.reason, /light file, which has no attention/);
  assert.throws(() => light.row(0, 2, 0, 0), /light file/);
  assert.throws(() => light.sourceRow(0, 2, "", "mean"), /light file/);
  assert.match(whole(null).facts.reason, /its model does not return any/);
});

for (const [what, attention, sentence] of [
  ["too few numbers", written([1, 0], [1, 2, 2]), /step 0, attention is not what its shape says/],
  ["no shape", { float16: "AAAA" }, /step 0, attention is not a list/],
  ["a shape of text", written(WEIGHTS, ["2", 2, 2]), /step 0, attention is "2" and not a whole number/],
  ["two axes", written([1, 0, 0, 1], [2, 2]), /step 0, attention is not what its shape says/],
  ["infinity", { shape: [1, 1, 1], float16: Buffer.from(Uint16Array.of(0x7c00).buffer).toString("base64") }, /not what its shape says/],
  ["no base64", { shape: [1, 1, 2], float16: "‹" }, /is not base64/],
  ["another number of tokens", written([1, 0, 0], [1, 1, 3]), /is for 3 tokens and not for 2/],
  ["a text", "weights", /step 0, attention is missing/],
]) {
  test(`damaged attention is refused when it is looked at: ${what}`, () => {
    assert.throws(() => whole(attention).row(0, 2, 0, 0), { message: sentence });
  });
}

test("a step whose attention is gone is named", () => {
  assert.throws(() => whole(written(), null).row(1, 2, 0, 0), /step 1, attention is missing/);
});
