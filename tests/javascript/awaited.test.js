/**
 * Tests stages for which the server must answer first: they wait, take part when the answer comes, or say its refusal; and
 * that each drawing that lacks an answer is told of it.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fetchMasksWith, maskOf } from "../../assets/common/masks.js";
import { Trace } from "../../assets/common/trace.js";
import { whenAnswered } from "../../assets/common/when_answered.js";
import { cardFacts, deed } from "../../assets/common/words.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { askThrough, wordsOf } from "../../assets/models/word_ids.js";

const row = sortRow(new Float32Array([1, 2, 3]));

/** Returns the page's stage under these settings, drawn again whenever an answer comes. */
function drawn(name, settings, model) {
  const moment = () => momentOf([1], { words: wordsOf(model, draw), maskOf: (constraint) => maskOf({ model, ids: [], constraint, onAnswer: draw }) });
  const view = { draws: 0, stage: null, draw: () => draw() };
  const draw = () => {
    view.draws++;
    view.stage = reshape(row, moment(), { strategy: "sample", ...settings }).stages.find((stage) => stage.name === name);
  };
  draw();
  return view;
}

const facts = (stage) => cardFacts(stage, 3, () => [0, 0]);
const answered = () => new Promise((resolve) => setTimeout(resolve));

test("a stage with words waits, and is drawn with their ids when they come", async () => {
  askThrough(async () => [[2]]);
  const view = drawn("bad_words", { bad_words: [" c"] }, "words");
  assert.deepEqual([view.stage.off, view.stage.isWaiting, view.stage.kept], [false, true, 3]);
  assert.deepEqual(facts(view.stage), ["waits for server", ""]);
  await answered();
  assert.deepEqual([view.stage.isWaiting, view.stage.kept, view.draws], [undefined, 2, 2]);
});

test("a stage whose words the server refuses does nothing and says the sentence", async () => {
  let asked = 0;
  askThrough(async () => {
    asked++;
    throw refusal("“x” is no token.");
  });
  const view = drawn("bad_words", { bad_words: ["x"] }, "refused words");
  await answered();
  assert.deepEqual([view.stage.off, view.stage.isWaiting, view.stage.refusal, view.stage.kept], [false, undefined, "“x” is no token.", 3]);
  assert.deepEqual(facts(view.stage), ["refused", ""]);
  assert.match(deed(view.stage), /^banned words does nothing: “x” is no token\.$/);
  assert.deepEqual([asked, view.draws], [1, 2], "a refusal is not asked for again");
});

test("a constraint waits, and is drawn with its mask when that comes", async () => {
  fetchMasksWith(async () => new Uint8Array([0b010]));
  const view = drawn("constraint", { regex: "b" }, "mask");
  assert.equal(view.stage.isWaiting, true);
  await answered();
  assert.deepEqual([view.stage.isWaiting, view.stage.kept], [undefined, 1]);
  assert.match(deed(view.stage), /^regular expression “b” keeps 1 token and removes /);
});

test("a constraint is called by the kind that holds", async () => {
  fetchMasksWith(async () => new Uint8Array([0b110]));
  const view = drawn("constraint", { choices: ["b", "c"] }, "choices");
  await answered();
  assert.match(deed(view.stage), /^choices \["b","c"\] keeps 2 tokens and removes /);
});

test("a constraint that the server refuses says the sentence", async () => {
  fetchMasksWith(async () => {
    throw refusal("It has an error.");
  });
  const view = drawn("constraint", { regex: "[" }, "refused mask");
  await answered();
  assert.deepEqual([view.stage.refusal, view.stage.kept], ["It has an error.", 3]);
});

test("where the server is not asked, a stage is off and does not wait", () => {
  const { stages } = reshape(row, momentOf([1]), { strategy: "sample", regex: "b", bad_words: [" c"], watermark_bias: 2 });
  assert.deepEqual(stages.filter(({ off, isWaiting }) => !off || isWaiting), []);
});

test("each view that waits is told once, however often it was drawn meanwhile", async () => {
  askThrough(async () => [[2]]);
  const [one, other] = [0, 1].map(() => drawn("bad_words", { bad_words: [" d"] }, "two views"));
  for (let times = 0; times < 3; times++) one.draw();
  assert.deepEqual([one.draws, other.draws], [4, 1]);
  await answered();
  assert.deepEqual([one.draws, other.draws], [5, 2]);
  assert.deepEqual([one.stage.kept, other.stage.kept], [2, 2]);
  await answered();
  assert.equal(one.draws, 5, "what is known is not waited for");
});

/** @returns {Trace} a text with one step */
const text = (settings) =>
  new Trace(/** @type {any} */ ({
    trace_id: `text ${JSON.stringify(settings)}`,
    header: { prompt_ids: [0], model: "text", settings: { strategy: "sample", ...settings } },
    first: 0,
    steps: [{ index: 0, token_id: 1, probability: 1, settings: null }],
    stop_reason: "length",
  }));

for (const [what, settings] of Object.entries({ words: { bad_words: ["x"] }, mask: { regex: "a" }, "green tokens": { watermark_bias: 2 } })) {
  test(`a step of a text tells whoever draws it that its ${what} have come`, async () => {
    askThrough(async () => [[2]]);
    fetchMasksWith(async () => new Uint8Array([0b010]));
    const trace = text(settings);
    let told = 0;
    const shape = () => reshape(row, trace.momentBefore(0, () => told++), trace.header.settings);
    assert.equal(shape().isWaiting, true);
    await answered();
    assert.equal(told, 1);
    assert.equal(shape().isWaiting, false);
  });
}

test("what is saved once waits for every stage's answer", async () => {
  askThrough(async () => [[0]]);
  let asked = 0;
  fetchMasksWith(async () => {
    asked++;
    await answered();
    return new Uint8Array([0b101]);
  });
  const settings = { strategy: "sample", bad_words: ["z"], regex: "late" };
  const trace = text(settings);
  const [shape] = await whenAnswered((onAnswer) => [reshape(row, trace.momentBefore(0, onAnswer), settings)]);
  assert.equal(asked, 1);
  assert.deepEqual(shape.stages.filter(({ off }) => !off).map(({ name, kept }) => [name, kept]), [["constraint", 2], ["bad_words", 1]]);
});

test("after a failure of the server the next drawing asks again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  askThrough(async () => {
    asked++;
    if (asked === 1) throw new Error("The server does not answer.");
    return [[2]];
  });
  const draw = () => reshape(row, momentOf([1], { words: wordsOf("failing", () => {}) }), { strategy: "sample", bad_words: ["y"] }).stages.find(({ name }) => name === "bad_words");
  draw();
  await Promise.resolve().then(() => {});
  await new Promise(setImmediate);
  assert.equal(draw().refusal, "The server does not answer.");
  assert.equal(asked, 1);
  context.mock.timers.tick(3000);
  draw();
  await new Promise(setImmediate);
  assert.equal(asked, 2);
  assert.equal(draw().kept, 2);
});

/** @returns {Error} as `server.js` throws it for an answer that is a refusal */
const refusal = (sentence) => Object.assign(new Error(sentence), { status: 422 });
