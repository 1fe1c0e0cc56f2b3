/** Tests what is said of a token's weights over the source, and which of its tokens get a curve. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { skeletonOf } from "../../assets/common/known_texts.js";
import { readVisit } from "../../assets/decode/kept_texts.js";
import { curve, lookSentence, pairSentence, share, strongest } from "../../assets/decode/source_weights.js";
import { OFF } from "../../assets/distribution/settings.js";

const SOURCE = ["·J'", "aime", "·l'", "apprentissage", "·automatique", "</s>"];

test("the sentence names the strongest token, and the second if it has a tenth or more", () => {
  assert.equal(
    lookSentence("·machine", SOURCE, [0.02, 0.1, 0.05, 0.27, 0.54, 0.02]),
    "“machine” looks most at “automatique” (0.54), then at “apprentissage” (0.27)",
  );
  assert.equal(lookSentence("·I", SOURCE, [0.92, 0.08, 0, 0, 0, 0]), "“I” looks most at “J'” (0.92)");
  assert.equal(lookSentence("·", SOURCE, [0, 0, 0, 0, 0, 1]), "“·” looks most at “</s>” (1.00)");
});

test("a weight is told with two decimals, and a small one is not told as none", () => {
  assert.deepEqual([0, 0.004, 0.005, 0.126, 1].map(share), ["0.00", "<0.01", "0.01", "0.13", "1.00"]);
  assert.equal(pairSentence("▁machine", "·l'", 0.004), "“machine” → “l'”: weight <0.01");
});

test("the strongest weights come first, and those below a tenth of the largest are left out", () => {
  assert.deepEqual(strongest([0.1, 0.5, 0.04, 0.36]), [1, 3, 0]);
  assert.deepEqual(strongest([0.25, 0.25, 0.25, 0.25], 2), [0, 1]);
  assert.deepEqual(strongest([0, 0]), []);
  assert.deepEqual(strongest([]), []);
});

test("a curve begins and ends at its points, upright", () => {
  assert.equal(curve({ x: 10, y: 0 }, { x: 50, y: 20 }), "M10 0 C10 10 50 10 50 20");
});

test("a kept text keeps its source, an older one has none, and one with a wrong source is left out", () => {
  const header = { model: "m", prompt_ids: [0], settings: { ...OFF, strategy: "greedy" }, vocabulary_size: 9, stage_notes: [] };
  const text = { trace_id: "t", header, steps: [], stop_reason: "stopped", first_token_seconds: null, tokens_per_second: null };
  const read = (source_ids) => readVisit({ texts: [{ ...text, header: { ...header, source_ids } }] }, ["m"])?.traces[0];
  assert.deepEqual(read([3, 4]).header.source_ids, [3, 4]);
  assert.deepEqual(read(undefined).header.source_ids, []);
  assert.equal(read(["3"]), undefined);
  assert.deepEqual(skeletonOf(read([3, 4])).source_ids, [3, 4]);
});
