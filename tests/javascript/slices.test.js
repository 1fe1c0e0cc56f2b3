/** Tests that long work is done in slices with a frame between them, the same as in one piece, and that it can be ended. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { inSlices } from "../../assets/common/slices.js";
import { uniform } from "../../assets/distribution/chance.js";
import { race } from "../../assets/distribution/gumbel.js";

/** Sets a clock that each look moves on by two milliseconds, and frames that are counted. */
function clock(t) {
  const passed = { frames: 0 };
  let now = 0;
  t.mock.method(performance, "now", () => (now += 2));
  globalThis.requestAnimationFrame = (next) => setImmediate(() => next(++passed.frames));
  t.after(() => delete globalThis.requestAnimationFrame);
  return passed;
}

const { signal: never } = new AbortController();

test("the work is done so many times, with a frame after each slice but the last", async (t) => {
  const passed = clock(t);
  const [done, slices] = [[], []];
  await inSlices(10, () => done.push(passed.frames), (isLast) => slices.push([done.length, isLast]), never);
  assert.deepEqual(done, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
  assert.deepEqual(slices, [[4, false], [8, false], [10, true]]);
  assert.equal(passed.frames, 2);
});

test("short work is done at once", (t) => {
  clock(t);
  let done = 0;
  inSlices(3, () => done++, (isLast) => assert.ok(isLast), never);
  assert.equal(done, 3);
});

test("work that is ended is not gone on with", async (t) => {
  clock(t);
  const run = new AbortController();
  let done = 0;
  const slices = [];
  await inSlices(100, () => done++, (isLast) => {
    slices.push(isLast);
    if (slices.length === 2) run.abort();
  }, run.signal);
  assert.deepEqual([done, slices], [8, [false, false]]);
});

test("the draws of a seed are the same in slices as in one piece", async (t) => {
  clock(t);
  const probabilities = Float64Array.from({ length: 50 }, () => 1 / 50);
  const drawing = (places) => {
    let step = 0;
    return () => places.push(race(probabilities, () => uniform(7, step++))[0].place);
  };
  const [atOnce, inParts] = [[], []];
  const draw = drawing(atOnce);
  for (let times = 0; times < 30; times++) draw();
  await inSlices(30, drawing(inParts), () => {}, never);
  assert.deepEqual(inParts, atOnce);
});
