/** Tests that scores a stage has bent are put into order as a sort with a comparison does, the higher id first among equal ones. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { uniform } from "../../assets/distribution/chance.js";
import { inOrder } from "../../assets/distribution/in_order.js";
import { sortRow } from "../../assets/distribution/row.js";

/** Returns a sorted row whose scores are multiples of `grain`, so that a coarse one has many equal scores. */
function rowOf(size, seed, grain) {
  return sortRow(Float32Array.from({ length: size }, (_, id) => Math.round((20 * uniform(seed, id)) / grain) * grain));
}

function sortedByComparison(order, scores, [first, last]) {
  const tokens = Array.from(order, (id, place) => ({ id, score: scores[place] }));
  const left = tokens.slice(first, last).sort((a, b) => b.score - a.score || b.id - a.id);
  return [...tokens.slice(0, first), ...left, ...tokens.slice(last)];
}

/** Checks a row that is bent, over a stretch of it. */
function check(row, stretch, bend) {
  const scores = row.scores.map(bend);
  const expected = sortedByComparison(row.order, scores, stretch);
  const before = row.order.slice();
  const order = inOrder(row.order, scores, stretch);
  assert.deepEqual(Array.from(order, (id, place) => ({ id, score: scores[place] })), expected);
  assert.deepEqual(row.order, before);
}

const BENDS = {
  "that rises, then falls": (score) => -((score - 15) ** 2),
  "that rises all the way": (score) => -score,
  "that is flat, rises and falls": (score) => Math.min(5, Math.abs(score - 8)),
  "that rises and falls many times": (score) => Math.sin(3 * score),
  "that keeps the order and makes scores equal": (score) => Math.floor(score / 3),
  "that makes all scores equal": () => 1,
};

for (const [name, bend] of Object.entries(BENDS)) {
  test(`a curve ${name} is sorted as with a comparison`, () => {
    for (const [seed, size] of [1, 2, 3, 7, 400, 3000].entries()) {
      for (const grain of [1e-4, 0.5]) {
        const row = rowOf(size, seed, grain);
        check(row, [0, size], bend);
        check(row, [Math.floor(size / 5), Math.ceil(size / 2)], bend);
      }
    }
  });
}

test("scores in no order at all are sorted too", () => {
  check(rowOf(2000, 8, 0.5), [0, 2000], (_, place) => Math.round(9 * uniform(9, place)));
});

test("no token is left to sort", () => check(rowOf(4, 1, 1), [2, 2], (score) => -score));
