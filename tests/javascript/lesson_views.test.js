/** The measures that views beside Decode add to lessons, of what they show, against numbers that are computed by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = /** @type {any} */ (new EventTarget()); // which the modules tell their news
const { attentionOf } = await import("../../assets/lesson/views/attention.js");
const { similarityOf } = await import("../../assets/lesson/views/embeddings.js");
const { checkTask } = await import("../../assets/lesson/checks.js");

const TOKENS = ["The", "·cat", "·the", "·cat", "·the"];
const MAP = [[1], [0.25, 0.75], [0.5, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4], [0.05, 0.15, 0.2, 0.25, 0.35]];
const TEXT = { text: { tokens: TOKENS, keyTokens: TOKENS, isCausal: true }, map: MAP };

test("of a token that occurs twice the last one looks, and the last one that it sees is looked at", () => {
  assert.equal(attentionOf(TEXT, " cat", "The"), 0.1);
  assert.equal(attentionOf(TEXT, " cat", " the"), 0.3, "the second ‘ the’ comes later");
  assert.equal(attentionOf(TEXT, " the", " cat"), 0.25);
});

test("a token that is not there, or that cannot be seen, has no weight", () => {
  assert.equal(attentionOf(TEXT, " dog", "The"), null);
  assert.equal(attentionOf(TEXT, "The", " cat"), null);
});

test("over a source every token is seen", () => {
  const cross = { text: { tokens: ["<s>", "·a"], keyTokens: ["·un", "·chat"], isCausal: false }, map: [[0.5, 0.5], [0.2, 0.8]] };
  assert.equal(attentionOf(cross, "<s>", " chat"), 0.5);
});

test("the similarity of two words is the cosine of their points, in any order", () => {
  const state = /** @type {any} */ ({
    groups: [{ name: "", words: ["cat", "dog"] }, { name: "", words: ["giraffe", "red"] }],
    told: { words: [[5], [7], [1, 2], [9]], cosines: [[], [0.5], [0.1, -0.2]] },
    points: [{ id: 5 }, { id: 7 }, { id: 9 }],
  });
  assert.deepEqual([similarityOf(state, "cat", "dog"), similarityOf(state, "red", "dog")], [0.5, -0.2]);
  assert.deepEqual([similarityOf(state, " cat", "cat"), similarityOf(state, "cat", "giraffe"), similarityOf(state, "cat", "moon")], [1, null, null]);
});

test("a task of another view says which of its fields must go back", () => {
  const task = { only: ["head"] };
  const at = (others) => ({ holds: true, isSamePlace: true, settings: null, others });
  const wanted = /** @type {any} */ ({ layer: 9, head: 1 });
  assert.deepEqual(checkTask(task, wanted, at(["head"])), { isSolved: true, says: "" });
  assert.match(checkTask(task, wanted, at(["head", "layer"])).says, /with head alone\. Put back first: layer 9\./);
});
