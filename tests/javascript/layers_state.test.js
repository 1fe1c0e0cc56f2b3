/** Tests what the pane Layers shows: what a turn to another text, position or token takes away, and what late answers do. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Text } from "../../assets/inside/text.js";
import { LayersState } from "../../assets/inside/layers/state.js";

const text = (id, isRunning = false) => new Text(id, [5, 6, 7], String, 3, isRunning);
const column = { watched: [9, 4, 7], layers: [{}, {}, {}] };

function opened() {
  const state = new LayersState();
  state.open(text("a"));
  state.turn(1);
  state.column = column;
  return state;
}

test("another text takes all of the last one away", () => {
  const state = opened();
  state.take({ tokens: 3, layers: 3, top: 3, after: "" });
  assert.equal(state.open(text("a")), false);
  assert.equal(state.open(text("b")), true);
  assert.deepEqual([state.cells, state.column, state.query], [null, null, -1]);
  assert.equal(state.open(undefined), true);
  assert.equal(state.text, null);
});

test("a text that has grown is another one", () => {
  const state = new LayersState();
  state.open(text("a", true));
  assert.equal(state.open(text("a")), true);
});

test("the last layer is chosen until the reader chooses another, which stays for other positions", () => {
  const state = opened();
  assert.equal(state.layer, 2);
  assert.equal(state.turnLayer(2), false);
  assert.equal(state.turnLayer(1), true);
  state.turn(2);
  state.column = column;
  assert.equal(state.layer, 1);
});

test("the logit is that of the most probable token at the end until another is chosen", () => {
  const state = opened();
  assert.deepEqual([state.token, state.against], [9, null]);
  state.chooseTokens(77, 9);
  assert.deepEqual([state.token, state.against], [77, 9]);
  assert.deepEqual(state.offered, [9, 4, 7, 77]);
  state.chooseTokens(9, 9);
  assert.equal(state.against, null, "a token is not shared out against itself");
  state.turn(2);
  assert.equal(state.token, null);
});

test("an answer about another position, layer or token is not wanted", () => {
  const state = opened();
  assert.ok(state.wantsRow("a", 1, 2));
  assert.ok(!state.wantsRow("a", 1, 1));
  assert.ok(!state.wantsPosition("b", 1));
  assert.ok(state.wantsTerms("a", 1, 9, null));
  assert.ok(!state.wantsTerms("a", 1, 4, null));
});

test("what was there before a stop stays", () => {
  const state = opened();
  state.begin();
  state.take({ tokens: 3, layers: 3, top: 3, after: "" });
  const { cells } = state;
  state.end();
  state.begin();
  state.take({ tokens: 3, layers: 3, top: 3, after: "" });
  assert.equal(state.cells, cells);
  state.end("It cannot be had.");
  assert.deepEqual([state.isReading, state.errors.grid], [false, "It cannot be had."]);
});
