/** Tests counted draws and what is said of them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Draws, fitInWords } from "../../assets/decode/draws.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";

const SHAPE = reshape(sortRow(Float32Array.from([0.5, 0.25, 0.25], Math.log)), momentOf([0]), { strategy: "sample", temperature: 1 });

test("counts that somebody else made are the same as own draws", () => {
  const own = new Draws();
  for (const id of [0, 2, 2]) own.add(id);
  const others = Draws.of({ 0: 1, 2: 2 });
  assert.deepEqual([0, 1, 2].map((id) => others.of(id)), [0, 1, 2].map((id) => own.of(id)));
  assert.equal(others.total, 3);
});

test("few draws are told as too few for a test, and many with χ² and p", () => {
  assert.equal(fitInWords(new Draws(), SHAPE), "");
  assert.equal(fitInWords(Draws.of({ 0: 2, 1: 1 }), SHAPE), "3 draws: too few for a test. The counts are beside the bars.");
  assert.equal(fitInWords(Draws.of({ 0: 14, 1: 7, 2: 7 }), SHAPE), "28 draws in 3 groups: χ² = 0.0, p = 1.000");
});
