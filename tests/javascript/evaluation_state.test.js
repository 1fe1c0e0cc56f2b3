/** An evaluation and a comparison of wordings, in the orders in which news, errors and presses may come. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { EvaluationState } from "../../assets/prompts/evaluation_state.js";

const LOST = "The connection was lost.";
const news = (state, done, more = {}) => ({ id: state.id, models: { 0: found(done, more) }, ended: more.ended });
const found = (done, more = {}) => ({ done, total: 10, seconds_left: 4.2, ended: false, is_loading: false, ...more });
const names = (state) => state.results.map(({ name }) => name);

function evaluated(...runs) {
  const state = new EvaluationState(["a"], "a");
  for (const changes of runs) {
    state.evaluate(changes);
    state.take(news(state, 10, { seconds_left: null, ended: true }));
  }
  return state;
}

function begun(...models) {
  const state = new EvaluationState(["a", "b", "c"], "a");
  state.choose(models);
  state.evaluate([]);
  return state;
}

test("an evaluation is under way from the press to its last news, and says how far it is", () => {
  const state = new EvaluationState(["a"], "a");
  state.readSet("3 rows");
  assert.deepEqual([state.isRunning, state.status], [false, "3 rows"]);
  state.evaluate([]);
  assert.deepEqual([state.isRunning, state.status], [true, "0 of 0 prompts"]);
  state.take(news(state, 4));
  assert.deepEqual([state.isRunning, state.status], [true, "4 of 10 prompts, 5 s left"]);
  state.take(news(state, 4, { ended: true }));
  assert.deepEqual([state.isRunning, state.status], [false, "Stopped: 4 of 10 prompts of “1: no switches” are kept."]);
});

test("news of an earlier run is no news, and none comes after the end", () => {
  const state = evaluated([]);
  assert.equal(state.isNews(news(state, 10)), false);
  const before = news(state, 10);
  state.evaluate([]);
  assert.deepEqual([state.isNews(before), state.isNews(news(state, 1)), state.isNews(null)], [false, true, false]);
});

test("what a run that fails has found stays, and one that has found nothing leaves nothing", () => {
  const state = evaluated([]);
  state.evaluate(["flip"]);
  state.take(news(state, 3));
  state.fail(LOST);
  assert.deepEqual(names(state), ["1: no switches", "2: flip"]);
  assert.deepEqual([state.isRunning, state.noticeOf("shots"), state.noticeOf("wordings")], [false, LOST, ""]);
  assert.match(state.status, /^Stopped: 3 of 10 prompts of “2: flip” are kept/);
  state.evaluate([]);
  state.fail(LOST);
  assert.deepEqual(names(state), ["1: no switches", "2: flip"]);
});

test("a failure is said in the fold whose run it ends, until the next press", () => {
  const state = evaluated([]);
  state.compare();
  state.take(news(state, 2));
  assert.deepEqual([state.progressOf("wordings"), state.progressOf("shots")], ["2 of 10 prompts, 5 s left", ""]);
  state.say("Row 2 has too few columns.");
  assert.equal(state.noticeOf("shots"), "Row 2 has too few columns.", "the file is read beside the run");
  state.fail(LOST);
  assert.deepEqual([state.noticeOf("wordings"), state.noticeOf("shots")], [LOST, ""]);
  assert.deepEqual(names(state), ["1: no switches"]);
  state.compare();
  assert.equal(state.noticeOf("wordings"), "");
});

test("the reader clears all results but the one under way", () => {
  const state = evaluated([], []);
  state.evaluate(["flip"]);
  state.clear();
  assert.deepEqual(names(state), ["3: flip"]);
  state.take(news(state, 10, { ended: true }));
  state.clear();
  assert.deepEqual([state.results, state.pairs, state.status], [[], [], ""]);
  state.evaluate([]);
  assert.deepEqual(names(state), ["1: no switches"]);
});

test("the page's model is tried until the reader chooses others, at most six", () => {
  const offered = ["a", "b", "c", "d", "e", "f", "g"];
  const state = new EvaluationState(offered, "b");
  state.follow("c");
  assert.deepEqual([state.models, state.hasChoice], [["c"], true]);
  state.choose(["a", "c"]);
  state.follow("d");
  assert.deepEqual(state.models, ["a", "c"], "whatever the page's model is");
  state.choose([]);
  assert.deepEqual([state.canEvaluate, state.status], [false, "Choose a model."]);
  state.choose(offered.slice(1));
  assert.deepEqual([state.canEvaluate, state.canChoose("a"), state.canChoose("b")], [true, false, true]);
});

test("each model has a line of its own, and the progress names the one whose turn it is", () => {
  const state = begun("a", "c");
  assert.deepEqual(names(state), ["1: a", "1: c"]);
  state.take({ id: state.id, models: { 0: found(5) } });
  assert.equal(state.status, "a, 1 of 2: 5 of 10 prompts, 5 s left");
  assert.deepEqual(state.prompts, { done: 5, total: 20 });
  state.take({ id: state.id, models: { 0: found(10, { ended: true }), 1: found(0, { seconds_left: null, is_loading: true }) } });
  assert.equal(state.part.model, "c");
  state.load("Loading c … 1 s");
  assert.equal(state.status, "Loading c … 1 s");
  state.take({ id: state.id, models: { 1: found(2) } });
  assert.equal(state.status, "c, 2 of 2: 2 of 10 prompts, 5 s left");
  const shots = [{ shots: 0, items: 10, right: [5, 6], only_first: 1, only_second: 2, p: 1 }];
  state.take({ id: state.id, models: { 1: found(10, { ended: true }) }, pairs: [{ places: [0, 1], shots }], ended: true });
  assert.deepEqual([state.pairs, state.status], [[{ names: ["1: a", "1: c"], shots }], ""]);
});

test("a stopped evaluation says which models it has tried in part, and which not at all", () => {
  const state = begun("a", "b", "c");
  state.take({ id: state.id, models: { 0: found(10, { ended: true }), 1: found(3, { ended: true }) }, ended: true });
  assert.equal(state.status, "Stopped: 3 of 10 prompts of “1: b” are kept, “1: c” was not tried.");
  assert.deepEqual(names(state), ["1: a", "1: b"]);
});

test("a model that fails is named with its sentence, and the others go on", () => {
  const state = begun("a", "b", "c");
  state.take({ id: state.id, models: { 0: found(0, { ended: true, error: "Too large." }), 1: found(4) } });
  assert.deepEqual([state.isRunning, state.noticeOf("shots")], [true, "a: Too large."]);
  state.take({ id: state.id, models: { 1: found(4, { ended: true, error: "b is gone." }), 2: found(10, { ended: true }) }, ended: true });
  assert.equal(state.noticeOf("shots"), "a: Too large. b is gone.");
  assert.deepEqual(names(state), ["1: b", "1: c"]);
  assert.equal(state.status, "Stopped: 4 of 10 prompts of “1: b” are kept.");
  state.evaluate([]);
  assert.equal(state.noticeOf("shots"), "");
});

test("a comparison of wordings tries the page's model", () => {
  const state = begun("b", "c");
  state.fail(LOST);
  state.compare();
  assert.deepEqual(state.parts.map(({ model }) => model), ["a"]);
  state.take(news(state, 2));
  assert.equal(state.progressOf("wordings"), "a: 2 of 10 prompts, 5 s left");
});
