/** The sentences about the tree of a search: what a step keeps, and how the winner compares with greedy's text. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { captionOf } from "../../assets/beams/caption.js";
import { BeamTree } from "../../assets/beams/tree.js";

const WORDS = ["·a", "·b", "·c", "·d"];
const textOf = (id) => WORDS[id];
const NODES = {
  parent: [null, 0, 0, 0, 0, 2, 1],
  depth: [0, 1, 1, 1, 1, 2, 2],
  token_id: [null, 0, 1, 2, 3, 0, 1],
  log_prob: [0, -1, -2, -3, -4, -0.5, -2],
  cumulative: [0, -1, -2, -3, -4, -2.5, -3],
  fate: ["kept", "kept", "kept", "dropped", "dropped", "finished", "finished"],
};
const WINNER = { node: 5, score: -1.25, returned: true, token_ids: [1, 0] };

/** A tree of two steps with two beams, and greedy's text with a log-probability and a score. */
function tree({ greedy = null, sourceIds = [], fate = NODES.fate, winner = WINNER } = {}) {
  const paths = greedy ? [{ name: "greedy", settings: {}, token_ids: greedy.ids, log_probs: [greedy.nats], score: greedy.score }] : [];
  const hypotheses = greedy ? [winner] : [];
  return new BeamTree({ search: "1", state: "done", nodes: { ...NODES, fate }, hypotheses, paths, prompt_ids: [1], source_ids: sourceIds, settings: {}, advice: [] });
}

const winnerOf = (greedy) => captionOf(tree({ greedy: { ids: [0, 1], score: -1.5, ...greedy } }), 2, textOf).split("‘ a’. ")[1];

test("a step keeps some of the ways to go on", () => {
  assert.equal(captionOf(tree(), 1, textOf), "At step 1 the search looks at the 4 best ways to go on and keeps 2 of them, its beams; the best one ends in ‘ a’.");
  assert.match(captionOf(tree(), 2, textOf), /^At step 2 .* the 2 best ways to go on and keeps 2 of them, .* ends in ‘ a’\.$/);
  const one = tree({ fate: ["kept", "dropped", "kept", "dropped", "dropped", "dropped", "dropped"] });
  assert.equal(captionOf(one, 1, textOf), "At step 1 the search looks at the 4 best ways to go on and keeps 1 of them, its beam, which ends in ‘ b’.");
  assert.equal(captionOf(one, 2, textOf), "", "a step that keeps nothing says nothing");
});

test("before the first step all texts are one", () => {
  assert.equal(captionOf(tree(), 0, textOf), "All texts go on from the prompt. The search has taken no step yet.");
  assert.match(captionOf(tree({ sourceIds: [1] }), 0, textOf), /^All texts begin at the start token\./);
});

test("the winner is compared with greedy's text, with a number where it is the more probable one", () => {
  assert.equal(winnerOf({ nats: -3 }), "The winner, the orange line, is 1.6 times as probable as greedy's text, the dashed line.");
  assert.match(winnerOf({ nats: -10 }), / is 1,808 times as probable /);
  assert.match(winnerOf({ nats: -40 }), / is more than a million times as probable /);
  assert.match(winnerOf({ nats: -2.5 }), / is about as probable as greedy's text/);
  assert.equal(winnerOf({ ids: [1, 0], nats: -2.5 }), "The winner, the orange line, is the text that greedy writes too.");
});

test("a winner that is less probable won by its length, or the search missed a better text", () => {
  assert.match(winnerOf({ nats: -2 }), / is less probable than greedy's text, the dashed line, but has the better score, which counts the length too\.$/);
  assert.match(winnerOf({ nats: -2, score: -1 }), / is less probable .*: a search with few beams can miss a better text\.$/);
});
