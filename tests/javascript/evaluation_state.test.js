/** An evaluation and a comparison of wordings, in the orders in which news, errors and presses may come. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { EvaluationState } from "../../assets/prompts/evaluation_state.js";

const LOST = "The connection was lost.";
const news = (state, done, more = {}) => ({ id: state.id, done, total: 10, seconds_left: 4.2, ...more });

function evaluated(...names) {
  const state = new EvaluationState();
  for (const name of names) {
    state.evaluate(name);
    state.take(news(state, 10, { seconds_left: null, ended: true }));
  }
  return state;
}

test("an evaluation is under way from the press to its last news, and says how far it is", () => {
  const state = new EvaluationState();
  state.readSet("3 rows");
  assert.deepEqual([state.isRunning, state.status], [false, "3 rows"]);
  state.evaluate("1");
  assert.deepEqual([state.isRunning, state.status], [true, "0 of 0 prompts"]);
  state.take(news(state, 4));
  assert.deepEqual([state.isRunning, state.status], [true, "4 of 10 prompts, 5 s left"]);
  state.take(news(state, 4, { ended: true }));
  assert.deepEqual([state.isRunning, state.status], [false, "Stopped: 4 of 10 prompts of “1” are kept."]);
});

test("news of an earlier run is no news, and none comes after the end", () => {
  const state = evaluated("1");
  assert.equal(state.isNews(news(state, 10)), false);
  const before = news(state, 10);
  state.evaluate("2");
  assert.deepEqual([state.isNews(before), state.isNews(news(state, 1)), state.isNews(null)], [false, true, false]);
});

test("what a run that fails has found stays, and one that has found nothing leaves nothing", () => {
  const state = evaluated("1");
  state.evaluate("2");
  state.take(news(state, 3));
  state.fail(LOST);
  assert.deepEqual(state.results.map(({ name }) => name), ["1", "2"]);
  assert.deepEqual([state.isRunning, state.noticeOf("shots"), state.noticeOf("wordings")], [false, LOST, ""]);
  assert.match(state.status, /^Stopped: 3 of 10 prompts of “2”/);
  state.evaluate("3");
  state.fail(LOST);
  assert.deepEqual(state.results.map(({ name }) => name), ["1", "2"]);
});

test("a failure is said in the fold whose run it ends, until the next press", () => {
  const state = evaluated("1");
  state.compare();
  state.take(news(state, 2));
  assert.deepEqual([state.progressOf("wordings"), state.progressOf("shots")], ["2 of 10 prompts, 5 s left", ""]);
  state.say("Row 2 has too few columns.");
  assert.equal(state.noticeOf("shots"), "Row 2 has too few columns.", "the file is read beside the run");
  state.fail(LOST);
  assert.deepEqual([state.noticeOf("wordings"), state.noticeOf("shots")], [LOST, ""]);
  assert.deepEqual(state.results.map(({ name }) => name), ["1"]);
  state.compare();
  assert.equal(state.noticeOf("wordings"), "");
});

test("the reader clears all results but the one under way", () => {
  const state = evaluated("1", "2");
  state.evaluate("3");
  state.clear();
  assert.deepEqual(state.results.map(({ name }) => name), ["3"]);
  state.take(news(state, 10, { ended: true }));
  state.clear();
  assert.deepEqual(state.results, []);
});
