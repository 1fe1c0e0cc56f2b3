/** What all panes of "Inside the model" look at: which text and position, and which answers come too late. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { align } from "../../assets/inside/align.js";
import { Looked } from "../../assets/inside/state.js";
import { Text } from "../../assets/inside/text.js";
import { PRESETS, queryIn, tokenAt } from "../../assets/inside/texts.js";

const TOKENS = ["The", "·cat", "·fits", "·as", "·it", "·is", "·it", "self", "."];

const text = (traceId, ids, isRunning = false, promptLength = ids.length) => new Text(traceId, ids, String, promptLength, isRunning);

function looking(query, ...texts) {
  const state = new Looked();
  state.open(texts, query);
  return state;
}

for (const [a, b, pairs] of [
  [[1, 2, 3], [1, 2, 3], [[0, 0], [1, 1], [2, 2]]],
  [[1, 2, 3], [1, 9, 3], [[0, 0], [1, 1], [2, 2]]], // one word replaces one word
  [[1, 2, 3], [1, 8, 9, 3], [[0, 0], [2, 3]]], // one word replaces two, and those have no partner
  [[1, 1], [1, 1, 1], [[0, 0], [1, 1]]],
  [[1], [2], [[0, 0]]],
  [[1, 2], [3], []],
]) {
  test(`texts are aligned from both ends: ${a} and ${b}`, () => assert.deepEqual(align(a, b), pairs));
}

test("the position is the nearest token of the text, and without a text there is none", () => {
  const state = looking(9, text("a", [1, 2, 3]));
  assert.deepEqual([state.query, state.turnQuery(7), state.turnQuery(-4), state.query], [2, false, true, 0]);
  state.leave();
  assert.deepEqual([state.turnQuery(0), state.query, state.text, state.isFresh], [false, -1, undefined, false]);
});

test("a token has a place in the other text where the two agree", () => {
  const state = looking(2, text("a", [1, 2, 3]), text("b", [1, 8, 9, 3]));
  assert.deepEqual([state.pairs, state.second], [[[0, 0], [2, 3]], [3, null]]);
  assert.deepEqual([state.inFirst(1, 3), state.inFirst(1, 2), state.inFirst(1, null), state.inFirst(0, 1)], [2, -1, null, 1]);
  state.turnQuery(1);
  assert.deepEqual(state.second, [-1, null]);
});

test("the preset and the error go with the texts", () => {
  const state = new Looked();
  state.open([text("a", [1])], 0, "The token before");
  assert.equal(state.preset, "The token before");
  state.error = "The text is too long.";
  state.ask();
  assert.deepEqual([state.preset, state.error, state.texts], ["", "", []]);
});

test("Python's answer is wanted by the last request alone, and by none once the reader follows the Decode tab", () => {
  const state = new Looked();
  const earlier = state.ask();
  const later = state.ask();
  assert.deepEqual([state.wantsTexts(earlier), state.wantsTexts(later)], [false, true]);
  state.follows = true;
  assert.equal(state.wantsTexts(later), false);
});

test("the texts of the model before are not those that the chosen model was asked for", () => {
  const [before, now] = [new Looked(), new Looked()];
  const late = before.ask();
  const own = now.ask();
  assert.deepEqual([now.wantsTexts(late), now.wantsTexts(own)], [false, true]);
});

test("a place is covered by its own text, alone, as far as that goes or as long as it grows", () => {
  const state = looking(0, text("a", [1, 2, 3], false, 2));
  assert.deepEqual([0, 1, 2].map((index) => state.covers({ traceId: "a", index })), [true, true, false]);
  assert.equal(state.isOf({ traceId: "b", index: 0 }), false);
  state.open([text("a", [1, 2, 3], true, 2)], 0);
  assert.equal(state.covers({ traceId: "a", index: 9 }), true);
  state.open([text("a", [1, 2]), text("b", [1, 3])], 0);
  assert.equal(state.covers({ traceId: "a", index: 0 }), false);
});

for (const [piece, index] of [["The", 0], ["as it", 4], ["itself", 7], ["it is", 5], ["dog", -1]]) {
  test(`a piece of the text stands for the token with its last letter: ${piece}`, () => assert.equal(tokenAt(TOKENS, piece), index));
}

test("a preset chooses the token that it speaks of, and else the last one is chosen", () => {
  const tokens = "The teacher taught the students with the book.".split(/(?= )/).map((word) => word.replace(" ", "·"));
  const shown = { tokens, size: tokens.length };
  assert.deepEqual(["The token before", "Random words, twice", ""].map((preset) => queryIn(shown, preset)), [6, 7, 7]);
  assert.equal(queryIn({ tokens: TOKENS, size: 9 }, "The token before"), 8); // the text is not the preset's
});

test("every preset names a piece of its own text", () => {
  for (const { texts, query } of Object.values(PRESETS)) assert.ok(query === undefined || texts[0].includes(query), query);
});
