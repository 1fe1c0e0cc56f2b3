/** Tests how what the server makes of scores becomes what is left, and which questions are asked. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Left } from "../../assets/distribution/left.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { sortRow } from "../../assets/distribution/row.js";
import { answered, connect } from "../../assets/distribution/served.js";

const GONE = -Infinity;
const leftOf = (...logits) => Left.of(sortRow(Float32Array.from(logits)));
const kept = ({ ranking, stretch }) => Array.from(ranking.order.subarray(...stretch));

test("scores that only end the ranking earlier leave a shorter stretch, in which the removed tokens keep their places", () => {
  const before = leftOf(1, 4, 2, 3);
  const after = before.scored(Float32Array.of(GONE, 4, GONE, 3));
  assert.deepEqual(kept(after), [1, 3]);
  assert.equal(after.ranking, before.ranking);
});

test("scores with gaps move the removed tokens to the end", () => {
  const after = leftOf(1, 4, 2, 3).scored(Float32Array.of(1, 4, 2, GONE));
  assert.deepEqual(kept(after), [1, 2, 0]);
  assert.equal(after.scoreOf(3), GONE);
  assert.equal(after.ranking.order[3], 3);
});

test("changed scores bring the tokens into their order, with the higher id first of equal ones", () => {
  const after = leftOf(1, 4, 2, 3).scored(Float32Array.of(5, 4, GONE, 4));
  assert.deepEqual(kept(after), [0, 3, 1]);
  assert.deepEqual([0, 1, 2, 3].map((id) => after.scoreOf(id)), [5, 4, GONE, 4]);
});

/** Asks for one value of a stage, whose scores are [value]. */
const asking = (row, value, onAnswer = () => {}) =>
  answered(row, "raw", { name: "mine", values: { mine: value }, moment: momentOf([1], { onAnswer }), scores: () => Float32Array.of(value) });

test("one question is under way, and of those that come meanwhile only the latest is asked", async () => {
  const asked = [];
  let release = () => {};
  let told = 0;
  const tell = () => told++;
  connect(async ({ values, scores }) => {
    asked.push(values.mine);
    await new Promise((resolve) => {
      release = () => resolve(undefined);
    });
    return scores();
  });
  const row = {};
  for (const value of [1, 2, 3, 4]) assert.equal(asking(row, value, tell), undefined);
  assert.deepEqual(asked, [1]);
  release();
  await new Promise(setImmediate);
  assert.deepEqual(asked, [1, 4]);
  assert.equal(told, 1, "the view whose question was left out is told too, and asks again");
  assert.equal(asking(row, 4, tell), undefined);
  release();
  await new Promise(setImmediate);
  assert.deepEqual(asking(row, 4), Float32Array.of(4));
  assert.deepEqual(asking(row, 1), Float32Array.of(1));
  assert.equal(told, 2);
  assert.deepEqual(asked, [1, 4], "what is known is not asked again");
  assert.equal(asking({}, 4), undefined, "another row is another question");
  release();
});

test("a refusal is an answer", async () => {
  const row = {};
  connect(async () => {
    throw new Error("The stage failed.");
  });
  assert.equal(asking(row, 1), undefined);
  await new Promise(setImmediate);
  assert.equal(asking(row, 1).message, "The stage failed.");
});
