/** Tests when a task of a lesson is solved, how a guess is compared, and what of it the browser keeps. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { checkTask, differing } from "../../assets/lesson/checks.js";
import { ofChoice, ofShare, ofToken, recalled } from "../../assets/lesson/outcome.js";
import { Progress } from "../../assets/lesson/record.js";
import { changed, LessonState } from "../../assets/lesson/state.js";
import { written } from "../../assets/lesson/units.js";

const WANTED = { strategy: "sample", temperature: 0.8, top_k: 40, seed: 7 };
const TASK = { only: ["temperature"] };
const at = (settings, holds = true, isSamePlace = true) => ({ holds, isSamePlace, settings: { ...WANTED, ...settings } });

test("a task is solved when its check holds and only the allowed setting differs", () => {
  assert.deepEqual(checkTask(TASK, WANTED, at({ temperature: 0.3 })), { isSolved: true, says: "" });
  assert.deepEqual(checkTask(TASK, WANTED, at({ temperature: 1 }, false)), { isSolved: false, says: "" });
  assert.deepEqual(checkTask(TASK, WANTED, at({ temperature: 0.3 }, null)), { isSolved: false, says: "" });
});

test("another setting that was touched must go back, and the sentence names it with its value", () => {
  const { isSolved, says } = checkTask(TASK, WANTED, at({ temperature: 0.3, top_k: 5, min_p: 0.1 }));
  assert.equal(isSolved, false);
  assert.equal(says, "This task is solved with temperature alone. Put back first: top-k 40, min-p off.");
  assert.match(checkTask(TASK, WANTED, at({ strategy: "greedy" })).says, /Put back first: strategy sample\./);
});

test("at another step or text such a task is not solved; one without such a rule is", () => {
  assert.match(checkTask(TASK, WANTED, at({ temperature: 0.3 }, true, false)).says, /Back to the lesson/);
  assert.equal(checkTask({ only: null }, WANTED, at({ top_k: 5 }, true, false)).isSolved, true);
});

test("a task that allows another seed is about another text", () => {
  const task = { only: ["seed"] };
  assert.equal(checkTask(task, WANTED, at({ seed: 8 }, true, false)).isSolved, true);
  assert.match(checkTask(task, WANTED, at({ seed: 8, top_k: 5 }, true, false)).says, /Put back first: top-k 40/);
});

test("a setting that nobody named is at its start, and another seed leaves the bars as they are", () => {
  assert.deepEqual(differing(WANTED, { ...WANTED, top_p: 1, seed: 8, max_new_tokens: 3 }), []);
  assert.deepEqual(differing(WANTED, { ...WANTED, order: ["top_k"] }), ["order"]);
});

test("a guessed share is as many points off as it differs", () => {
  const { off, says, isRight } = ofShare(0.4, 0.688);
  assert.equal(off.toFixed(1), "28.8");
  assert.equal(says, "You: 40 %, model: 68.8 %, 28.8 points off.");
  assert.equal(isRight, null);
});

test("a choice is right or not, in words", () => {
  assert.deepEqual([ofChoice("It grows.", "It grows.").isRight, ofChoice("It shrinks.", "It grows.").isRight], [true, false]);
  assert.equal(ofChoice("It shrinks.", "It grows.").says, "Not this time. You said: It shrinks. The answer is: It grows.");
});

test("a token may be typed without its space, and each is told with its probability", () => {
  const shareOf = (token) => ({ " stars": 0.5, " fire": 0.25 })[token] ?? null;
  assert.equal(ofToken("stars", " stars", shareOf).says, "Right: “ stars” with 50.0 %.");
  assert.equal(ofToken("fire", " stars", shareOf).says, "Not this time. You: “ fire” with 25.0 %. The model: “ stars” with 50.0 %.");
  assert.match(ofToken("galaxies", " stars", shareOf).says, /“galaxies”, which is no single token of this model/);
  assert.equal(ofToken("galaxies", " stars", () => null).says, "Not this time. You: “galaxies”. The model: “ stars”.", "no shares are known");
});

test("the record finds guesses, pages and tasks again, and forgets them", () => {
  const progress = new Progress(null);
  assert.equal(progress.isEmpty, true);
  progress.see("temperature", 2);
  progress.see("temperature", 2);
  progress.commit("temperature", 2, { guess: 0.4, off: 28.8, isRight: null, when: 1 });
  progress.solve("temperature", 3, 1, 2);
  const again = new Progress(JSON.parse(JSON.stringify(progress.told)));
  assert.deepEqual([again.of("temperature").seen, again.of("temperature").page], [[2], 2]);
  assert.equal(recalled(again.of("temperature").guesses[2]), "Your last guess: 40 %, 28.8 points off.");
  assert.deepEqual([again.isSolved("temperature", 3, 1), again.isSolved("temperature", 3, 0)], [true, false]);
  again.forget();
  assert.equal(again.isEmpty, true);
});

test("a record that was spoilt is read as far as it can be used", () => {
  const { seen, page, guesses, solved } = new Progress({ one: { seen: [1, "x", -2], page: "2", guesses: { 1: { guess: {} } }, solved: { "1.1": "yes" } }, two: 3 }).of("one");
  assert.deepEqual({ seen, page, guesses, solved }, { seen: [1], page: 0, guesses: {}, solved: {} });
});

const page = (state) => ({ title: "", state, parts: [] });

test("a page without a state keeps the one before, and no page lies outside of the lesson", () => {
  const lesson = { name: "one", pages: [page({ prompt: "a" }), page(null), page({ prompt: "b" })] };
  const state = new LessonState(lesson, 1);
  assert.deepEqual([state.wanted.prompt, state.place], ["a", "2 of 3"]);
  state.turnTo(9);
  assert.deepEqual([state.wanted.prompt, state.isLast], ["b", true]);
  state.turnTo(-1);
  assert.equal(state.isFirst, true);
});

test("a reveal changes settings, the prompt and the step, and leaves the rest of the state", () => {
  const state = { view: "decode", prompt: "a", step: 1, settings: { temperature: 0.8, seed: 7 }, fields: { layer: 3, head: 1 } };
  assert.deepEqual(changed(state, { head: "mean" }), { ...state, fields: { layer: 3, head: "mean" } });
  assert.deepEqual(changed(state, { temperature: 0.3 }), { ...state, settings: { temperature: 0.3, seed: 7 } });
  assert.deepEqual(changed(state, { prompt: "b", step: 2 }), { ...state, prompt: "b", step: 2 });
});

test("a value is written in its unit", () => {
  const cases = [[0.688, "percent", "68.8 %"], [2.14, "bits", "2.1 bits"], [49152, "count", "49,152"], [" stars", "text", "“ stars”"], [-0.8, "number", "−0.8"], [null, "bits", "…"]];
  for (const [value, unit, text] of cases) assert.equal(written(value, unit), text);
});
