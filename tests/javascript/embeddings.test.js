/** The Embeddings pane: the groups a reader writes, which points are chosen, which tokens are compared, plain names. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { commonWord, ContextsState, positionOf } from "../../assets/inside/embeddings/contexts_state.js";
import { MOST_GROUPS, readGroups } from "../../assets/inside/embeddings/groups.js";
import { SENTENCES, SUMS, WORD_SETS } from "../../assets/inside/embeddings/presets.js";
import { plainInSpace, short } from "../../assets/inside/embeddings/signs.js";
import { degreesOf, State } from "../../assets/inside/embeddings/state.js";

const TOLD = {
  words: [[7], [8, 9], [3]],
  points: [
    { token_id: 7, word: 0, of: null, place: [1, 0, 0], length: 2 },
    { token_id: 3, word: 2, of: null, place: [0, 1, 0], length: 1 },
    { token_id: 5, word: null, of: 2, place: [0, 2, 0], length: 3 },
  ],
  cosines: [[], [0.5], [-1, 0.25]],
  zero: [0, 0, 0],
  explained: [0.5, 0.3, 0.2],
  width: 4,
};

function shown(pair = []) {
  const state = new State();
  const asked = state.ask(readGroups("one: cat xylophone\ntwo: red"), pair);
  assert.ok(state.wants(asked));
  state.receive(TOLD, (id) => `t${id}`);
  return state;
}

test("a line is a group, whose name stands before a colon, and a word stands once", () => {
  assert.deepEqual(readGroups("animals: cat, dog  cow\n\n red;green cat\n"), [
    { name: "animals", words: ["cat", "dog", "cow"] },
    { name: "", words: ["red", "green"] },
  ]);
  assert.deepEqual(readGroups("12:30 a:b"), [{ name: "", words: ["12:30", "a:b"] }]);
  assert.deepEqual(readGroups("  \n"), []);
  const many = readGroups("a\nb\nc\nd\ne\nf");
  assert.equal(many.length, MOST_GROUPS);
  assert.deepEqual(many.at(-1).words, ["d", "e", "f"]);
});

test("points know their groups and their words, and words of several tokens are left out", () => {
  const { points, leftOut } = shown();
  assert.deepEqual(points.map(({ text, group, near }) => [text, group, near]), [["t7", 0, null], ["t3", 1, null], ["t5", 1, "t3"]]);
  assert.deepEqual(leftOut, [{ word: "xylophone", pieces: ["t8", "t9"] }]);
});

test("two points are chosen at most, and their cosine is that of the answer in either order", () => {
  const state = shown();
  assert.equal(state.cosine, null);
  state.choose(7);
  state.choose(3);
  assert.deepEqual([state.chosen, state.cosine], [[7, 3], 0.5]);
  state.choose(5);
  assert.deepEqual([state.chosen, state.cosine], [[3, 5], 0.25]);
  state.choose(3);
  state.choose(7);
  assert.deepEqual([state.chosen, state.cosine], [[5, 7], -1]);
});

test("the pair of a set of words is chosen, and what was chosen stays while it has a point", () => {
  assert.deepEqual(shown(["cat", "red"]).chosen, [7, 3]);
  assert.deepEqual(shown(["cat", "nowhere"]).chosen, [7]);
  const state = shown(["cat", "red"]);
  state.ask(readGroups("cat xylophone red"), []);
  state.receive({ ...TOLD, points: TOLD.points.slice(0, 1), cosines: [[]] }, String);
  assert.deepEqual(state.chosen, [7]);
  state.refuse("none");
  assert.deepEqual([state.points, state.chosen, state.told], [[], [], null]);
});

test("an older answer is not wanted", () => {
  const state = new State();
  const first = state.ask([], []);
  state.ask([], []);
  assert.equal(state.wants(first), false);
});

test("a cosine of 0.5 is an angle of 60 degrees", () => {
  assert.deepEqual([1, 0, -1, 0.5, 1.0001].map((cosine) => Math.round(degreesOf(cosine))), [0, 90, 180, 60, 0]);
});

test("a name in space holds no markup and no entity, and a long one is cut", () => {
  assert.doesNotMatch(plainInSpace("<b>x</b><br><sup>2</sup>"), /<\/?(b|br|sup)>/);
  assert.equal(plainInSpace("a & b").replaceAll("\u200b", ""), "a & b");
  assert.equal(Array.from(short("😀".repeat(99))).length, 20);
  assert.equal(short("king"), "king");
});

test("the token that is the word is compared, and another choice takes the answer away", () => {
  assert.equal(positionOf(["The", "·bank", "·of", "·bank", "."], "bank"), 3);
  assert.equal(positionOf(["The", "·banks"], "bank"), 1);
  assert.equal(positionOf(["a", "b"], ""), 1);
  assert.equal(commonWord(["a bank of the river", "the bank of money"]), "bank");
  assert.equal(commonWord(["one", "two"]), "");
  const state = new ContextsState();
  state.open([{ ids: [1, 2], tokens: ["a", "b"], position: 0 }, { ids: [3], tokens: ["c"], position: 0 }]);
  state.receive([{ cosines: [1], others: null }]);
  state.turn(0, 9);
  assert.deepEqual([state.tokenOf(0), state.pairs], ["b", null]);
});

test("the presets hold what they speak of", () => {
  for (const { words, pair } of Object.values(WORD_SETS)) {
    const all = readGroups(words).flatMap((group) => group.words);
    assert.ok(pair.every((word) => all.includes(word)));
    assert.equal(new Set(all).size, words.match(/[\w]+(?=[,\n]|$)/g).length);
  }
  for (const { word, texts } of Object.values(SENTENCES)) assert.ok(texts.every((text) => text.split(/\W/).includes(word)));
  assert.ok(SUMS.every((words) => words.length === 3));
});
