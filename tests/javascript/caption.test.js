/** Tests the sentences that say what the bars show: in each strategy, for each way a token came, and under each cut. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { captionOf } from "../../assets/decode/caption.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { OFF } from "../../assets/distribution/settings.js";

const WORDS = ["·a", "·b", "·c", "·d"];
const textOf = (id) => WORDS[id];
const ROW = sortRow(Float32Array.from([0.5, 0.25, 0.15, 0.1], Math.log));
const DRAWN = { index: 2, token_id: 1, draw: 0.6, forced: false, isFound: false };

/** The caption of a step under settings that are not at their start. */
function caption(said, step = {}, seenAfter = undefined, before = []) {
  const settings = { strategy: "sample", ...OFF, ...said };
  const shape = reshape(ROW, momentOf(before), settings);
  return captionOf({ step: { ...DRAWN, ...step }, shape, settings, seenAfter }, textOf);
}

test("with nothing cut all tokens can be chosen", () => {
  assert.equal(caption({}), "The model gives 50.0 % to ‘ a’. All 4 tokens can be chosen; the random number 0.600 falls on ‘ b’.");
});

test("another temperature makes another number of what the model gives", () => {
  assert.match(caption({ temperature: 0.5 }), /^The model gives 50\.0 % to ‘ a’; the settings make that 72\.5 %\. All 4/);
});

test("what removes tokens is named, in its order, and what removes none is not", () => {
  assert.match(caption({ top_p: 0.7 }), /Top-p 0\.7 keeps 2 tokens of 4; the random number 0\.600 falls on ‘ a’ now\. The text still has ‘ b’, which has 33\.3 %\.$/);
  assert.match(caption({ top_k: 3, top_p: 0.6 }), / Top-k 3 and top-p 0\.6 keep 2 tokens of 4; /);
  assert.match(caption({ top_k: 2, top_p: 1 }), / Top-k 2 keeps 2 tokens of 4; /);
});

test("where the token of the text is removed, the caption says by what", () => {
  assert.match(caption({ top_k: 1 }), / Top-k 1 keeps 1 token of 4; the random number 0\.600 falls on ‘ a’ now\. The text still has ‘ b’, which top-k removes\.$/);
});

test("greedy draws nothing, and names the token of the text where that is another one", () => {
  const greedy = { strategy: "greedy", temperature: 0.3, top_k: 1 };
  assert.equal(caption(greedy, { token_id: 0, draw: null }), "The model gives 50.0 % to ‘ a’. Greedy takes the most probable one, ‘ a’.");
  assert.match(caption(greedy), /Greedy takes the most probable one, ‘ a’ now\. The text still has ‘ b’, which has 25\.0 %\.$/);
  assert.match(caption({}, { draw: null }), /; when the text was written, greedy chose ‘ b’, which has 25\.0 %\.$/);
});

test("a token of the prompt, one chosen by the reader and one found by a search have no random number", () => {
  assert.match(caption({}, { index: -1, draw: null }), /; the prompt goes on with ‘ b’, which has 25\.0 %\.$/);
  assert.match(caption({}, { forced: true, draw: null }), /; you chose ‘ b’, which has 25\.0 %\.$/);
  const found = { forced: true, isFound: true, draw: null };
  assert.equal(caption({ strategy: "beam" }, found), "The model gives 50.0 % to ‘ a’. Beam search chose ‘ b’, which has 25.0 %, because it compares whole texts.");
  assert.match(caption({}, found), /; when the text was written, beam search chose ‘ b’, which has 25\.0 %\.$/);
});

test("where the most probable tokens are removed, the caption names the most probable one that is left", () => {
  assert.match(caption({ xtc_probability: 1, xtc_threshold: 0.2 }), /^The model gives 25\.0 % to ‘ b’; the settings make that 50\.0 %\. XTC 1 keeps 3 tokens of 4; /);
});

test("a chain that leaves nothing chooses nothing", () => {
  const said = caption({ no_repeat_ngram_size: 1, top_k: 2 }, {}, undefined, [0, 1, 2, 3]);
  assert.equal(said, "The model gives 50.0 % to ‘ a’. No-repeat n-gram 1 leaves no token, so nothing can be chosen.");
});

test("where the bars show less than all stages, the caption says so", () => {
  assert.match(caption({ top_k: 2, top_p: 0.5 }, {}, "top-k"), / The bars show what there is after top-k\.$/);
  assert.match(caption({ top_k: 2 }, {}, ""), / The bars show the model’s own probabilities, before all settings\.$/);
});
