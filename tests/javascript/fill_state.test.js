/** The state of the tab Fill: its blanks, what was put into them, and the texts that the model is asked about. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { checked } from "../../assets/fill/link.js";
import { State } from "../../assets/fill/state.js";

const MASK = 4;
/** [CLS] the [MASK] sleep ##s . [SEP], in which "sleep ##s" is one word. */
const READ = {
  model: "bert",
  text: "the [MASK] sleeps.",
  ids: [2, 5, MASK, 7, 8, 9, 3],
  masks: [2],
  special: [0, 6],
  mask_id: MASK,
  mask_token: "[MASK]",
  places: [[0, 0, null], [0, 3, 0], [4, 10, 1], [11, 16, 2], [16, 17, 2], [17, 18, 3], [0, 0, null]],
  draws: [0.25],
};

function taken(changes = {}) {
  const state = new State();
  state.take({ ...READ, ...changes });
  return state;
}

test("a text that is read has its first blank in view", () => {
  assert.deepEqual([taken().blank, taken().blanks], [2, [2]]);
  assert.equal(taken({ masks: [] }).blank, null);
});

test("a word is masked token by token, and comes back", () => {
  const state = taken();
  assert.equal(state.toggle(4), true);
  assert.deepEqual([state.blanks, state.blank], [[2, 3, 4], 3]);
  assert.deepEqual(state.ids, [2, 5, MASK, MASK, MASK, 9, 3]);
  assert.equal(state.toggle(3), true);
  assert.deepEqual([state.blanks, state.ids, state.blank], [[2], READ.ids, 2]);
});

test("where a tokenizer does not tell the words, a token is masked alone", () => {
  const state = taken({ places: null });
  state.toggle(4);
  assert.deepEqual(state.blanks, [2, 4]);
});

test("a blank of the text, and a token of the tokenizer's own, cannot be masked", () => {
  const state = taken();
  for (const place of [2, 0, 6]) assert.equal(state.toggle(place), false);
  assert.deepEqual(state.ids, READ.ids);
  assert.equal(taken({ mask_id: null, masks: [] }).toggle(1), false);
});

test("a blank is guessed with itself empty and the words of the others in their places", () => {
  const state = taken();
  state.toggle(1);
  state.put(11, "chosen");
  state.choose(2);
  state.put(10, "drawn");
  assert.deepEqual(state.ids, [2, 11, 10, 7, 8, 9, 3]);
  assert.deepEqual(state.idsFor(2), [2, 11, MASK, 7, 8, 9, 3]);
  assert.deepEqual(state.idsFor(1), [2, MASK, 10, 7, 8, 9, 3]);
  assert.deepEqual(state.emptied, [2, MASK, MASK, 7, 8, 9, 3]);
  assert.deepEqual(state.empty, []);
  state.takeOut();
  assert.deepEqual([state.empty, state.putAt(2), state.putAt(1)], [[2], undefined, { id: 11, how: "chosen" }]);
});

test("a word that comes back takes what was put in its place away", () => {
  const state = taken();
  state.toggle(1);
  state.put(11, "chosen");
  state.toggle(1);
  assert.deepEqual(state.ids, READ.ids);
  state.toggle(1);
  assert.equal(state.putAt(1), undefined);
});

test("each blank has the uniform number of its place in their order", () => {
  const state = taken();
  state.toggle(1);
  state.draws = [0.1, 0.2];
  assert.deepEqual([state.drawOf(1), state.drawOf(2)], [0.1, 0.2]);
});

test("a link restores what fits the text, and nothing else", () => {
  const before = taken();
  before.toggle(3);
  before.put(10, "drawn");
  const after = taken();
  after.restore(before.kept, 12);
  assert.deepEqual([after.blanks, after.ids, after.selected], [before.blanks, before.ids, before.selected]);
  const other = taken();
  other.restore({ masked: [0, 2, 99], put: [[1, 5, "drawn"], [2, 12, "drawn"]], selected: 99 }, 12);
  assert.deepEqual([other.ids, other.blanks, other.selected], [READ.ids, [2], 2]);
});

test("a link that was written by hand is refused with a sentence", () => {
  const kept = { masked: [1], put: [[2, 10, "drawn"]], selected: 2 };
  const right = { version: 1, model: "bert", text: "a ___", seed: 5, settings: {}, kept };
  assert.deepEqual(checked(right), { model: "bert", text: "a ___", seed: 5, settings: {}, kept });
  for (const wrong of [
    null,
    { ...right, version: 2 },
    { ...right, text: 3 },
    { ...right, seed: -1 },
    { ...right, settings: null },
    { ...right, kept: { ...kept, masked: ["1"] } },
    { ...right, kept: { ...kept, put: [[2, 10, "guessed"]] } },
  ]) {
    assert.throws(() => checked(wrong), /link to a filled text/);
  }
});
