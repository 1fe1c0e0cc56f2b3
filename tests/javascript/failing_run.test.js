/** A run that can fail, whatever it is that runs. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { FailingRun } from "../../assets/common/failing_run.js";

const seen = (run) => [run.isRunning, run.notice];

test("a run is under way from the press to its last news", () => {
  const run = new FailingRun();
  assert.deepEqual(seen(run), [false, ""]);
  run.begin();
  assert.deepEqual(seen(run), [true, ""]);
  run.goOn(true);
  assert.deepEqual(seen(run), [true, ""]);
  run.goOn(false);
  assert.deepEqual(seen(run), [false, ""]);
});

test("a run that fails is over and says why, until the next press", () => {
  const run = new FailingRun();
  run.begin();
  run.fail("The connection was lost.");
  assert.deepEqual(seen(run), [false, "The connection was lost."]);
  run.begin();
  assert.deepEqual(seen(run), [true, ""]);
});

test("news of a run that was thought to be lost brings it back", () => {
  const run = new FailingRun();
  run.begin();
  run.fail("Another run is still under way.");
  run.goOn(true);
  assert.deepEqual(seen(run), [true, ""]);
});

test("what goes wrong beside a run is said while the run goes on, and stays when it ends", () => {
  const run = new FailingRun();
  run.begin();
  run.say("This text is refused.");
  assert.deepEqual(seen(run), [true, "This text is refused."]);
  run.end();
  assert.deepEqual(seen(run), [false, "This text is refused."]);
  run.say("");
  assert.deepEqual(seen(run), [false, ""]);
});
