/** Tests the list of branches: order, parents, undo and redo, and which texts are forgotten. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Branches, firstDifference, meanLogProbability, MOST_BRANCHES, MOST_UNDONE } from "../../assets/decode/branches.js";
import { near } from "./near.js";

const trace = (id, parent = null) => ({ id, header: { origin: parent && { trace_id: parent, index: 2 } }, steps: [] });
const told = ({ list, inView }) =>
  `${list.map(({ trace, depth, parent }) => `${trace.id}${depth}${parent ?? ""}`).join(" ")} | ${inView?.id}`;

/** Makes five texts: b and e are forks of a, and d is a fork of b. */
function five(forgotten = []) {
  const branches = new Branches((ids) => forgotten.push(...ids));
  const seen = [["a"], ["b", "a"], ["c"], ["d", "b"], ["e", "a"]].map((args) => {
    branches.add(trace(...args));
    return told(branches);
  });
  return { branches, seen };
}

test("each fork stands below its parent", () => {
  assert.deepEqual(five().seen, [
    "a0 | a",
    "a0 b11 | b",
    "a0 b11 c0 | c",
    "a0 b11 d22 c0 | d",
    "a0 b11 d22 e11 c0 | e",
  ]);
});

test("what is removed comes back, a step at a time", () => {
  const { branches } = five();
  const after = (change) => {
    change();
    return told(branches);
  };
  assert.equal(after(() => branches.remove("a")), "b0 d12 c0 e0 | e");
  assert.equal(after(() => branches.remove("e")), "b0 d12 c0 | d"); // the newest text comes into view
  assert.equal(after(() => branches.remove("d")), "b0 c0 | b"); // the parent of the removed text comes into view
  for (let i = 0; i < 3; i++) branches.undo();
  assert.equal(after(() => branches.undo()), "a0 b11 d22 c0 | d"); // four undos: d's, e's and a's removal, and e itself
  assert.equal(after(() => branches.redo()), "a0 b11 d22 e11 c0 | e");
  assert.equal(after(() => branches.rename("b", "two")), "a0 b11 d22 e11 c0 | e");
  assert.equal(branches.canRedo, false);
  assert.equal(branches.list.find(({ trace }) => trace.id === "b").name, "two");
});

test("the list and what can be undone are bounded, and the rest is forgotten", () => {
  const forgotten = [];
  const { branches } = five(forgotten);
  for (let i = 0; i < 100; i++) branches.add(trace(`x${i}`));
  assert.ok(branches.list.length <= MOST_BRANCHES);
  assert.equal(branches.inView.id, "x99");
  assert.ok(forgotten.includes("a"));
  assert.equal(forgotten.length, 5 + 100 - (MOST_BRANCHES + MOST_UNDONE));
  assert.deepEqual([MOST_BRANCHES, MOST_UNDONE], [12, 30]);
  let undone = 0;
  for (; branches.canUndo; undone++) branches.undo();
  assert.equal(undone, MOST_UNDONE);
  assert.ok(branches.list.every(({ trace }) => branches.trace(trace.id) === trace));
});

test("a text that another one holds whole gives its place to it, and leaves nothing to be undone", () => {
  const forgotten = [];
  const branches = new Branches((ids) => forgotten.push(...ids));
  for (const args of [["a"], ["b", "a"], ["c", "b"]]) branches.add(trace(...args));
  branches.rename("b", "ours");
  branches.supersede("b", "c");
  assert.equal(told(branches), "a0 c0 | c");
  assert.deepEqual(branches.list.map(({ number, name }) => [number, name]), [[1, ""], [2, "ours"]]);
  assert.deepEqual(forgotten, ["b"]);
  branches.undo();
  assert.equal(told(branches).includes("b"), false);
  branches.redo();
  branches.supersede("a", "elsewhere");
  assert.equal(told(branches), "a0 c0 | c");
});

const steps = (...ids) => ({ steps: ids.map((token_id) => ({ token_id, raw_probability: 1 / token_id })) });

test("the first step in which two texts differ", () => {
  assert.equal(firstDifference(steps(1, 2), steps(1, 2)), -1);
  assert.equal(firstDifference(steps(1, 2), steps(1)), 1);
  assert.equal(firstDifference(steps(1, 2, 3), steps(1, 4, 3)), 1);
});

test("the mean log-probability of a text", () => {
  near(meanLogProbability(steps(2, 8)), -0.5 * (Math.log(2) + Math.log(8)));
  assert.equal(meanLogProbability(steps()), null);
});
