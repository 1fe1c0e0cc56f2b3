/** The state of the Beams tab: which node and step are in view as a tree grows and ends, and whether a search runs. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { State } from "../../assets/beams/state.js";
import { BeamTree } from "../../assets/beams/tree.js";

/** A tree of two nodes a step. With a winner, the second node of its last step finished the best text. */
function tree(search, depth, state = "running", withWinner = state === "done") {
  const steps = Array.from({ length: depth }, (_, step) => step);
  const nodes = {
    parent: [null, ...steps.flatMap((step) => [Math.max(0, 2 * step - 1), Math.max(0, 2 * step - 1)])],
    depth: [0, ...steps.flatMap((step) => [step + 1, step + 1])],
    token_id: [null, ...steps.flatMap(() => [7, 8])],
  };
  const best = { node: 2 * depth, score: -1, returned: true, token_ids: Array(depth).fill(8) };
  const hypotheses = withWinner ? [{ ...best, node: 1, returned: false }, best] : [];
  return new BeamTree({ search, state, nodes, hypotheses, prompt_ids: [1], source_ids: [], settings: {}, paths: [], advice: [] });
}

function taken(...trees) {
  const state = new State();
  for (const one of trees) state.take(one);
  return state;
}

const whole = (state) => ({ state, horizon: 1, expanded: 1, budget: 1, sequences: [], greedy: null, advice: [] });
const inView = (state) => [state.selected, state.step];

test("a tree that grows is shown from its prompt to its newest step, and with its winner once it has ended", () => {
  const state = taken(tree("1", 1));
  assert.deepEqual([inView(state), state.isGrowing], [[0, 1], true]);
  state.take(tree("1", 3, "running", true));
  assert.deepEqual(inView(state), [0, 3]);
  state.take(tree("1", 3, "done"));
  assert.deepEqual([inView(state), state.isGrowing], [[6, 3], false]);
});

test("a search that was stopped before it found a text leaves the prompt in view", () => {
  assert.deepEqual(inView(taken(tree("1", 2), tree("1", 2, "stopped"))), [0, 2]);
});

test("the node that the reader chose stays in view when the search ends, and the prompt can be chosen too", () => {
  for (const node of [3, 0]) {
    const state = taken(tree("1", 2));
    state.choose(node);
    state.take(tree("1", 4, "done"));
    assert.deepEqual(inView(state), [node, 4]);
  }
});

test("a reader who turns back stays at that step and node, and follows again from the last step", () => {
  const state = taken(tree("1", 3));
  state.turnTo(1);
  state.take(tree("1", 4));
  assert.deepEqual(inView(state), [0, 1]);
  state.turnTo(4);
  state.take(tree("1", 5, "done"));
  assert.deepEqual(inView(state), [0, 5]);
});

test("after the end the winner stays in view while the reader turns through the steps", () => {
  const state = taken(tree("1", 3, "done"));
  state.turnTo(2);
  assert.deepEqual(inView(state), [6, 2]);
});

test("another search begins at its own prompt and newest step, and keeps whether dropped candidates are shown", () => {
  const state = taken(tree("1", 3, "done"));
  state.choose(5);
  state.turnTo(1);
  state.showDropped(true);
  state.take(tree("2", 4));
  assert.deepEqual([inView(state), state.withDropped], [[0, 4], true]);
  state.take(tree("2", 4, "done"));
  assert.equal(state.selected, 8);
});

test("a node that a smaller tree does not have gives its place to the prompt", () => {
  const state = taken(tree("1", 3));
  state.choose(6);
  state.take(tree("1", 1));
  assert.equal(state.selected, 0);
});

test("a row is in view while its search and its node are", () => {
  const state = taken(tree("1", 2));
  assert.deepEqual([state.isInView("1", 0), state.isInView("1", 1)], [true, false]);
  state.choose(1);
  assert.deepEqual([state.isInView("1", 0), state.isInView("1", 1)], [false, true]);
  state.take(tree("2", 2));
  assert.deepEqual([state.isInView("1", 0), state.isInView("2", 0)], [false, true]);
});

test("one search runs at a time, of beams or of the whole tree, from the press to the last news", () => {
  const state = new State();
  const seen = [() => state.begin(), () => state.take(tree("1", 1)), () => state.take(tree("1", 2, "stopped"))];
  seen.push(() => state.begin(), () => state.takeWhole(whole("running")), () => state.takeWhole(whole("done")));
  const runs = seen.map((action) => {
    action();
    return state.isRunning;
  });
  assert.deepEqual(runs, [true, true, false, true, true, false]);
  assert.deepEqual([state.tree.search, state.whole.state], ["1", "done"]);
});

test("a lost connection ends the search, what it found stays, and the sentence goes with the next press", () => {
  const state = taken(tree("1", 2));
  state.choose(3);
  state.fail("The connection was lost.");
  assert.deepEqual([state.isRunning, state.notice, inView(state)], [false, "The connection was lost.", [3, 2]]);
  state.begin();
  assert.deepEqual([state.isRunning, state.notice], [true, ""]);
});

test("a search that an error ends has stopped, and its winner so far comes into view", () => {
  const state = taken(tree("1", 2, "running", true));
  const { tree: seen } = state;
  state.fail("The connection was lost.");
  assert.deepEqual([state.tree.state, state.isGrowing, inView(state)], ["stopped", false, [4, 2]]);
  assert.equal(seen.state, "running", "what a view holds does not change under it");
  state.takeWhole(whole("running"));
  state.fail("The connection was lost.");
  assert.equal(state.whole.state, "stopped");
});

test("an error leaves the searches that have ended", () => {
  const state = taken(tree("1", 2, "done"));
  state.takeWhole(whole("done"));
  state.begin();
  state.fail("There is no prompt.");
  assert.deepEqual([state.tree.state, state.whole.state], ["done", "done"]);
});

test("a text that cannot be opened leaves the search that runs", () => {
  const state = taken(tree("1", 1));
  state.say("This text is refused.");
  assert.deepEqual([state.isRunning, state.notice], [true, "This text is refused."]);
  state.takeWhole(whole("done"));
  assert.equal(state.notice, "");
});
