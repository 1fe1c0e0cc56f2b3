/** Tests the measures of a step against numbers that are computed by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { momentOf } from "../../assets/distribution/moment.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { idOf, measuresOf } from "../../assets/lesson/measures.js";

const WORDS = ["·cake", "·donut", "·apple", "⏎", "·cake"];
const SHARES = [0.5, 0.25, 0.125, 0.0625, 0.0625];
const ROW = sortRow(Float32Array.from(SHARES, Math.log2).map((bits) => bits * Math.LN2));

const STEPS = [
  { index: 0, token_id: 1, raw_probability: 0.25, entropy_bits: 1.875, repeats: 0 },
  { index: 1, token_id: 0, raw_probability: 0.5, entropy_bits: 1.875, repeats: 3 },
];

function measures(settings, trace = {}) {
  const given = { strategy: "sample", temperature: 1, ...settings };
  const shape = reshape(ROW, momentOf([1]), given);
  return measuresOf({ trace: { steps: STEPS, isRunning: false, latest: { stop_reason: "length" }, ...trace }, step: STEPS[0], shape, settings: given, words: WORDS }, () => 7);
}

const near = (one, other) => assert.ok(Math.abs(one - other) < 1e-6, `${one} is not ${other}`);

test("probabilities are shares after all stages, and the raw ones are the model's own", () => {
  const { probability, raw_probability, kept, most_likely } = measures({ top_k: 2 });
  near(probability(" cake"), 2 / 3);
  near(probability(" donut"), 1 / 3);
  assert.equal(probability(" apple"), 0);
  near(raw_probability(" apple"), 0.125);
  assert.deepEqual([kept(), most_likely()], [2, " cake"]);
});

test("entropies and surprise are in bits, ranks begin with 1, logits are the model's", () => {
  const { entropy, raw_entropy, surprise, rank, logit } = measures({ top_k: 2 });
  near(entropy(), -(2 / 3) * Math.log2(2 / 3) - (1 / 3) * Math.log2(1 / 3));
  assert.equal(raw_entropy(), 1.875);
  assert.equal(surprise(), 2);
  assert.deepEqual([rank(" cake"), rank(" apple")], [1, 3]);
  near(logit(" donut"), Math.log(0.25));
});

test("the temperature acts as on the bars", () => {
  const weights = SHARES.map((share) => share ** 2);
  near(measures({ temperature: 0.5 }).probability(" donut"), weights[1] / weights.reduce((sum, one) => sum + one));
});

test("a text is read as a person reads it, and is not there while it is written", () => {
  const { chosen, text, tokens, repeated } = measures();
  assert.deepEqual([chosen(), text(), tokens()], [" donut", " donut cake", 2]);
  assert.equal(repeated(), 2, "the third marked token belongs to the prompt");
  const ended = measures({}, { latest: { stop_reason: "end_token" } });
  assert.deepEqual([ended.text(), ended.tokens()], [" donut", 2], "the token that ends a text is no part of it");
  const running = measures({}, { isRunning: true });
  assert.deepEqual([running.text(), running.tokens(), running.repeated()], [null, null, null]);
});

test("a text that is no token has no value, and a setting has its own", () => {
  const { probability, setting } = measures({ top_p: 0.9 });
  assert.equal(probability("moons"), null);
  assert.deepEqual([setting("top_p"), setting("nothing")], [0.9, null]);
});

test("a token is found by its text with spaces and line breaks; of two with one text the first counts", () => {
  assert.deepEqual([idOf(WORDS, "\n"), idOf(WORDS, " cake"), idOf(WORDS, "cake")], [3, 0, null]);
});

test("without a step in view only the pieces of a text are known", () => {
  const table = measuresOf(null, () => 7);
  assert.deepEqual(Object.keys(table), ["pieces"]);
  assert.equal(table.pieces("abc"), 7);
});
