/** The state of the Attention pane: which text, token and weights are in view, and which answers come too late for them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { State } from "../../assets/attention/state.js";
import { Text } from "../../assets/inside/text.js";

const MEAN = { layer: 0, head: "mean", hidesFirst: true };
const HEAD = { layer: 1, head: 1, hidesFirst: true };
const FACTS = { layers: 2, heads: 2, windows: [null, null], map_tokens: 4, max_error: 0, reason: null };
/** Rows of two heads in two layers, each told apart by its weights. */
const HEADS = { layers: 2, heads: 2, row: (layer, head) => [layer, head, 0.5] };

const text = (traceId, ids) => new Text(traceId, ids, String, ids.length, false);

function viewing(...texts) {
  const state = new State();
  state.facts = FACTS;
  state.open(texts);
  state.turnQuery(2);
  return state;
}

test("a query is one of the text's tokens, and the rows and the key of the last one go with it", () => {
  const state = viewing(text("a", [1, 2, 3]));
  state.heads = HEADS;
  state.turnKey(1);
  assert.deepEqual([state.turnQuery(9), state.heads], [false, HEADS]); // the last token again
  assert.deepEqual([state.turnQuery(1), state.query, state.key, state.row(MEAN)], [true, 1, 1, null]);
  assert.deepEqual([state.turnQuery(-4), state.query, state.key], [true, 0, null]);
  state.turnKey(1);
  assert.equal(state.key, null); // it comes after the query
});

test("without a text there is no query", () => {
  const state = new State();
  assert.deepEqual([state.turnQuery(0), state.query, state.row(MEAN), state.isReady], [false, -1, null, false]);
});

test("rows of an earlier query, or of an earlier text with the same query, come too late", () => {
  const state = viewing(text("a", [1, 2, 3]));
  const first = state.text;
  assert.equal(state.wantsRows(first, 2), true);
  state.turnQuery(1);
  assert.equal(state.wantsRows(first, 2), false);
  state.open([text("a", [1, 2, 3, 4])]); // the same text, grown
  state.turnQuery(1);
  assert.equal(state.wantsRows(first, 1), false);
});

test("no answer is wanted while no text is in view", () => {
  const state = viewing(text("a", [1, 2, 3]));
  const asked = { texts: state.texts, isRollout: false, ...HEAD };
  const { text: left } = state;
  state.heads = HEADS;
  state.error = "The row cannot be shown.";
  state.leave();
  assert.deepEqual([state.wantsRows(left, 2), state.wantsMaps(asked, HEAD)], [false, false]);
  assert.deepEqual([state.text, state.row(HEAD), state.error], [undefined, null, ""]);
});

test("a map is wanted for its texts and its head, and rollout whatever the head", () => {
  const state = viewing(text("a", [1, 2, 3]));
  const one = { texts: state.texts, isRollout: false, ...HEAD };
  assert.deepEqual([state.wantsMaps(one, { ...HEAD, hidesFirst: false }), state.wantsMaps(one, MEAN)], [true, false]);
  state.turnMaps(true, false);
  assert.deepEqual([state.wantsMaps(one, HEAD), state.wantsMaps({ ...one, isRollout: true }, MEAN)], [false, true]);
  state.open([text("a", [1, 2, 3])]);
  assert.equal(state.wantsMaps({ ...one, isRollout: true }, MEAN), false);
});

test("the row is the head's, or rollout's once that is there; another kind drops the maps, another scale keeps them", () => {
  const state = viewing(text("a", [1, 2, 3]));
  state.heads = HEADS;
  state.maps = [[[1], [1, 0], [9, 9, 9]]];
  assert.deepEqual([state.row(HEAD), Array.from(state.row(MEAN))], [[1, 1, 0.5], [0, 0.5, 0.5]]);
  state.turnMaps(true, false);
  assert.deepEqual([state.maps, state.row(HEAD)], [[], [1, 1, 0.5]]);
  state.maps = [[[1], [1, 0], [0.25, 0.25, 0.5]]];
  state.turnMaps(true, true);
  assert.deepEqual([state.isLog, state.row(HEAD)], [true, [0.25, 0.25, 0.5]]);
  state.open([text("b", [1, 2, 3, 4, 5])]);
  assert.deepEqual([state.maps, state.mapped(state.text)], [[], 4]);
});

test("the second text's row is of the same kind as the first's", () => {
  const state = viewing(text("a", [1, 2, 3]), text("b", [1, 8, 9, 3]));
  assert.deepEqual([state.second[0], state.rowInSecond(HEADS, HEAD)], [3, [1, 1, 0.5]]);
  state.turnMaps(true, false);
  assert.deepEqual(state.rowInSecond(HEADS, HEAD), [1, 1, 0.5]);
  state.maps = [[[1], [1, 0], [0, 0, 1]], [[1], [1, 0], [0, 0, 1], [0, 0, 0.25, 0.75]]];
  assert.deepEqual(state.rowInSecond(HEADS, HEAD), [0, 0, 0.25, 0.75]);
});

test("a token has a place in the other text where the two agree, and rows of the second are wanted there", () => {
  const state = viewing(text("a", [1, 2, 3]), text("b", [1, 8, 9, 3]));
  const second = state.texts[1];
  state.turnKey(1);
  assert.deepEqual([state.pairs, state.second], [[[0, 0], [2, 3]], [3, -1]]);
  assert.deepEqual([state.inFirst(1, 3), state.inFirst(1, 2), state.inFirst(1, null), state.inFirst(0, 1)], [2, -1, null, 1]);
  assert.deepEqual([state.wantsRows(second, 3), state.wantsRows(second, 2)], [true, false]);
  state.turnQuery(0);
  assert.equal(state.wantsRows(second, 3), false);
});

test("a text with a source has three kinds of attention, and each has its own two sides", () => {
  const state = new State();
  state.facts = FACTS;
  const written = new Text("a", [0, 5, 6], String, 1, false, [1, 2, 3, 4]);
  const sides = ["cross", "self", "encoder"].map((kind) => {
    state.kind = kind;
    state.open([written]);
    const { ids, keyIds, isCausal } = state.text;
    return [ids.length, keyIds.length, isCausal, state.text.seen(0)];
  });
  assert.deepEqual(sides, [[3, 4, false, 4], [3, 3, true, 1], [4, 4, false, 4]]);
  state.turnQuery(0);
  state.turnKey(3);
  assert.equal(state.key, 3); // no token of a source comes later
});

test("rollout follows one text, so that cross-attention is of one head", () => {
  const state = viewing(text("a", [1, 2, 3]));
  state.turnMaps(true, false);
  state.open([new Text("a", [0, 5], String, 1, false, [1, 2])]);
  assert.deepEqual([state.text.kind, state.isRollout], ["cross", false]);
});

test("a text without a source has its own attention, whatever kind is chosen", () => {
  const state = new State();
  state.kind = "encoder";
  assert.equal(state.kindOf(text("a", [1, 2])), "self");
});

test("a text of an encoder-only model has one kind, in which each token sees all others", () => {
  const state = new State();
  const read = new Text("a", [2, 5, 4, 3], String, 4, false, [], [2]);
  assert.equal(state.kindOf(read), "encoder");
  state.open([read]);
  const { text } = state;
  assert.deepEqual([text.isCausal, text.isOfSource, text.seen(0)], [false, false, 4]);
  assert.deepEqual([text.tokens, text.keyTokens], [["2", "5", "4", "3"], ["2", "5", "4", "3"]]);
  state.turnQuery(0);
  state.turnKey(3); // a token that comes after it
  assert.equal(state.key, 3);
});
