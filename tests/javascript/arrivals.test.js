/** Tests stages for which the server must answer first: they wait, take part when the answer comes, or say its refusal. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { onArrival } from "../../assets/common/arrivals.js";
import { fetchMasksWith, maskOf } from "../../assets/common/masks.js";
import { cardFacts, deed } from "../../assets/common/words.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { askThrough, wordsOf } from "../../assets/models/word_ids.js";

const row = sortRow(new Float32Array([1, 2, 3]));

/** Returns the page's stage under these settings, drawn again whenever an answer comes. */
function drawn(name, settings, model) {
  const moment = () => momentOf([1], { words: wordsOf(model), maskOf: (constraint) => maskOf({ model, ids: [], constraint }) });
  const view = { draws: 0, stage: null };
  const draw = () => {
    view.draws++;
    view.stage = reshape(row, moment(), { strategy: "sample", ...settings }).stages.find((stage) => stage.name === name);
  };
  onArrival(draw);
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

test("after a failure of the server the next drawing asks again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  askThrough(async () => {
    asked++;
    if (asked === 1) throw new Error("The server does not answer.");
    return [[2]];
  });
  const draw = () => reshape(row, momentOf([1], { words: wordsOf("failing") }), { strategy: "sample", bad_words: ["y"] }).stages.find(({ name }) => name === "bad_words");
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
