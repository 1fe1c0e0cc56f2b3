/** The sentences about a map of attention: where a token looks most, and where most tokens look. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { captionOf, NO_MAP, wholeMap } from "../../assets/attention/caption.js";

const TOKENS = ["The", "·cat", "·sat", "·down"];
const TEXT = { tokens: TOKENS, keyTokens: TOKENS, isCausal: true, isOfSource: false, kind: /** @type {const} */ ("self") };
const MAP = [[1], [0.75, 0.25], [0.25, 0.5, 0.25], [0.25, 0.125, 0.5, 0.125]];
const HEAD = { layer: 5, head: 3 };

const caption = (said = {}, chosen = {}) =>
  captionOf({ texts: [TEXT], maps: [MAP], queries: [3, -1], isRollout: false, hidesFirst: false, ...said }, { ...HEAD, ...chosen });

test("the token in view looks most at one token, in a head, in the mean, in one of all heads or through all layers", () => {
  assert.equal(caption(), "In layer 5, head 3, ‘ down’ (4) looks most at ‘ sat’ (3), with 50.0 % of its weight.");
  assert.match(caption({}, { head: "mean" }), /^In the mean of the heads of layer 5, ‘ down’ \(4\) looks most at ‘ sat’ \(3\), with 50\.0 %/);
  assert.equal(caption({}, { head: "max" }), "In the head of layer 5 that looks there most, ‘ down’ (4) gives ‘ sat’ (3) 50.0 % of its weight.");
  assert.equal(caption({ isRollout: true }), "Through all layers together, ‘ down’ (4) takes most from ‘ sat’ (3): 50.0 %.");
});

test("a first token that is hidden is told, and is not the one that is looked at", () => {
  assert.equal(
    caption({ queries: [1, -1], hidesFirst: true }),
    "In layer 5, head 3, ‘ cat’ (2) looks most at ‘ cat’ (2), with 25.0 % of its weight. The first token, which is hidden, gets 75.0 %.",
  );
  assert.equal(caption({ queries: [0, -1], hidesFirst: true }), "‘The’ (1) is the first token, so it can only look at itself.");
  assert.equal(caption({ queries: [0, -1] }), "‘The’ (1) is the first token, so it can only look at itself.");
});

test("an encoder and a decoder over a source are named", () => {
  const cross = { ...TEXT, kind: "cross", isCausal: false, keyTokens: ["·le", "·chat"] };
  const said = { texts: [cross], maps: [[[0.25, 0.75]]], queries: [0, -1] };
  assert.equal(caption(said), "In layer 5, head 3, the decoder's ‘The’ (1) looks most at the source's ‘ chat’ (2), with 75.0 % of its weight.");
  assert.match(caption(said, { head: "mean" }), /^In the mean of the heads of layer 5, the decoder's /);
  assert.match(caption(said, { head: "max" }), /, the decoder's ‘The’ \(1\) gives the source's ‘ chat’ \(2\) 75\.0 % of its weight\.$/);
  const encoder = { texts: [{ ...TEXT, kind: "encoder", isCausal: false, isOfSource: true }], queries: [1, -1] };
  assert.equal(caption(encoder), "In layer 5, head 3 of the encoder, ‘ cat’ (2) looks most at ‘The’ (1), with 75.0 % of its weight.");
  assert.match(caption(encoder, { head: "mean" }), /^In the mean of the heads of the encoder's layer 5, /);
  assert.match(caption(encoder, { head: "max" }), /^In the head of the encoder's layer 5 that looks there most, /);
});

test("a second text is told beside the first one, and a place without a map says what a map is", () => {
  const two = { texts: [TEXT, TEXT], maps: [MAP, MAP], queries: [3, 1] };
  assert.match(caption(two), / of its weight\. In text B, the same token looks most at ‘The’ \(1\), with 75\.0 %\.$/);
  assert.doesNotMatch(caption({ ...two, queries: [3, -1] }), /text B/);
  assert.equal(caption({ queries: [9, -1] }), NO_MAP);
});

test("where most tokens of a map look is told", () => {
  assert.equal(wholeMap(MAP, TEXT, false), "In the whole map, 3 of 3 tokens look most at the token before them.");
  const said = (map, kind = "encoder", hides = false) => wholeMap(map, { keyTokens: TOKENS, kind: /** @type {any} */ (kind) }, hides);
  assert.match(said([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), /, 2 of 3 tokens look most at the token after them\.$/);
  assert.match(said([[1, 0, 0], [0, 1, 0], [1, 0, 0]]), /, 2 of 3 tokens look most at themselves\.$/);
  assert.match(said([[1], [1, 0], [1, 0, 0], [1, 0, 0, 0]], "self"), /, 3 of 3 tokens look most at the first token\.$/);
  assert.match(said([[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 1, 0]]), /, 3 of 5 tokens look most at ‘ sat’ \(3\)\.$/);
  assert.match(said([[0, 1], [1, 0], [0, 1]], "cross"), /, 2 of 3 tokens of the decoder look most at ‘ cat’ \(2\)\.$/);
  assert.match(said([[0, 1], [1, 0]], "cross"), /, each of the 2 tokens of the decoder looks most at another one\.$/);
  assert.equal(said([[1, 0]]), "", "one row is no rule");
  assert.match(said([[1], [1, 0], [1, 0, 0.5], [1, 0, 0.5, 0]], "self", true), /, 2 of 2 tokens look most at ‘ sat’ \(3\)\.$/, "without the hidden one");
});
