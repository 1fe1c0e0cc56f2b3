/** The sentences about a blank, for each way a word comes into it, and about labels. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { OFF } from "../../assets/distribution/settings.js";
import { captionOf, labelCaption } from "../../assets/fill/caption.js";

const WORDS = ["·a", "·b", "·c", "·d"];
const textOf = (id) => WORDS[id];
const ROW = sortRow(Float32Array.from([0.5, 0.25, 0.15, 0.1], Math.log));
const GIVEN = "From the words around the blank, the model gives 50.0 % to ‘a’";

/** The caption of a blank under settings that are not at their start. @param {import("../../assets/fill/state.js").How} [how] */
function caption(said, step = {}, how = undefined, seenAfter = undefined) {
  const settings = { strategy: "sample", ...OFF, ...said };
  const shape = reshape(ROW, momentOf([]), settings);
  const drawn = /** @type {any} */ ({ step: { token_id: 1, draw: 0.6, ...step }, shape, settings, seenAfter, how });
  return captionOf(drawn, textOf);
}

test("an empty blank says where the random number falls, or what greedy would put in", () => {
  assert.equal(caption({}), `${GIVEN}. The blank is empty: the random number 0.600 falls on ‘b’.`);
  assert.equal(caption({ strategy: "greedy" }, { token_id: 0, draw: null }), `${GIVEN}. The blank is empty: greedy would put ‘a’ in.`);
});

test("what the settings make of the probabilities, and how many words they leave, is told", () => {
  assert.match(caption({ temperature: 0.5 }), /^From the words around the blank, the model gives 50\.0 % to ‘a’; the settings make that 72\.5 %\. The blank/);
  assert.match(caption({ top_p: 0.7 }), / Of 4 tokens, 2 are left after top-p 0\.7\. /);
  assert.match(caption({ top_k: 3, top_p: 0.6 }), / Of 4 tokens, 2 are left after top-k 3 and top-p 0\.6\. /);
  assert.match(caption({ top_k: 1 }, { token_id: 0 }), / Of 4 tokens, 1 is left after top-k 1\. /);
});

test("a blank with a word says how the word came into it", () => {
  assert.match(caption({}, { draw: null }, "chosen"), /\. You put ‘b’ in, which has 25\.0 %\.$/);
  assert.match(caption({}, { token_id: 0, draw: null }, "most probable"), /\. ‘a’ was put in as the most probable word; it has 50\.0 %\.$/);
  assert.match(caption({}, {}, "drawn"), /\. ‘b’ was drawn: the random number 0\.600 falls on it\.$/);
  assert.match(caption({ top_k: 1 }, {}, "drawn"), /\. ‘b’ was drawn; under these settings the random number 0\.600 falls on ‘a’\.$/);
  assert.match(caption({ strategy: "greedy" }, { draw: null }, "drawn"), /\. ‘b’ was drawn; it has 25\.0 %\.$/);
});

test("where the bars show less than all stages, the caption says so", () => {
  assert.match(caption({ top_k: 2, top_p: 0.5 }, {}, undefined, "top-k"), / The bars show what there is after top-k\.$/);
  assert.match(caption({ top_k: 2 }, {}, undefined, ""), / The bars show the model’s own probabilities, before all settings\.$/);
});

test("labels are told with the two most probable ones, of the text or of a token", () => {
  const bars = [{ label: "GOOD", probability: 0.9 }, { label: "BAD", probability: 0.1 }];
  assert.equal(labelCaption(bars, null), "From the whole text, the model gives 90.0 % to the label GOOD. The next one, BAD, has 10.0 %.");
  assert.equal(labelCaption(bars.slice(0, 1), "·Anna"), "From the whole text, the model gives 90.0 % to the label GOOD for the token ‘Anna’.");
  assert.equal(labelCaption(null, null), "");
});
