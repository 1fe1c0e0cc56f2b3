/** Tests what is drawn from a row's best tokens alone: it equals what the whole row gives, or is known to be unfinished. */

import { momentOf } from "../../assets/distribution/moment.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { isWhole, rowOfHead } from "../../assets/distribution/row.js";
import { bestAreEnough } from "../../assets/distribution/settings.js";
import { headOf } from "./head_of.js";
import { near } from "./near.js";

const SIZE = 5000;
const KNOWN = 1000;

/** Logits as a model has them, from a generator with a fixed seed; some tokens are equal, and some are ruled out. */
function someLogits(seed) {
  let state = seed;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const logits = Array.from({ length: SIZE }, () => 3 * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()));
  for (let i = 0; i < 50; i++) logits[Math.floor(random() * SIZE)] = logits[Math.floor(random() * SIZE)];
  for (let i = 0; i < 7; i++) logits[Math.floor(random() * SIZE)] = -Infinity;
  return Float32Array.from(logits);
}

const both = (logits, settings) =>
  [sortRow(logits), rowOfHead(headOf(logits, KNOWN, settings.temperature))].map((row) => reshape(row, momentOf([1, 2, 3]), { strategy: "sample", ...settings }));

const CUT_BY_TOP_K = [
  { temperature: 0.8, top_k: 40, top_p: 0.9 },
  { temperature: 0.5, top_k: 20, top_p: 0.8 },
  { temperature: 1.7, top_k: 200, typical_p: 0.6 },
  { top_k: 3, min_p: 0.1 },
];

test("under top-k the bars are exactly those of the whole row", () => {
  for (const seed of [1, 2, 3]) {
    const logits = someLogits(seed);
    for (const settings of CUT_BY_TOP_K) {
      const [whole, head] = both(logits, settings);
      assert.equal(head.kept, whole.kept);
      assert.equal(head.entropyBits, whole.entropyBits);
      assert.deepEqual(head.stretch, whole.stretch);
      const [drawn, expected] = [head, whole].map((shape) => shape.candidates(24));
      const exact = ({ rawProbability, ...candidate }) => candidate;
      assert.deepEqual(drawn.map(exact), expected.map(exact));
      near(drawn.map((candidate) => candidate.rawProbability), expected.map((candidate) => candidate.rawProbability));
      const removed = ({ stages }) => stages.map((stage) => stage.removedMass + 1);
      near(removed(head), removed(whole));
      for (const u of [0, 0.3, 0.99]) assert.equal(head.positionAt(u), whole.positionAt(u));
    }
  }
});

test("the others have their weight together: raw probabilities and the number of possible tokens are right", () => {
  const [whole, head] = both(someLogits(4), {});
  near(head.candidates(KNOWN).map(({ probability }) => probability), whole.candidates(KNOWN).map(({ probability }) => probability));
  near(head.share(KNOWN), whole.share(KNOWN));
  assert.equal(head.kept, whole.kept);
  assert.deepEqual(Array.from(head.order.subarray(0, KNOWN)), Array.from(whole.order.subarray(0, KNOWN)));
});

test("a row made of its best tokens says so, unless they are all", () => {
  const logits = someLogits(5);
  assert.equal(isWhole(sortRow(logits)), true);
  assert.equal(isWhole(rowOfHead(headOf(logits, KNOWN))), false);
  const all = rowOfHead(headOf(logits, SIZE));
  assert.equal(isWhole(all), true);
  assert.deepEqual(all, { ...sortRow(logits), others: undefined });
});

test("the best tokens are enough only where top-k comes first, under the temperature of the text", () => {
  const own = { strategy: "sample", temperature: 0.8, top_k: 40, top_p: 0.9 };
  const isEnough = (changes) => bestAreEnough({ ...own, ...changes }, own);
  assert.equal(isEnough({}), true);
  assert.equal(isEnough({ top_k: 3, min_p: 0.1 }), true);
  for (const changes of [{ temperature: 1 }, { top_k: 0 }, { top_k: 900 }, { top_h: 0.5 }, { repetition_penalty: 1.2 }, { strategy: "greedy" }]) {
    assert.equal(isEnough(changes), false, JSON.stringify(changes));
  }
});
