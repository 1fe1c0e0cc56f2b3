/** Tests what an expression of a lesson is worth: with all its parts, and while a part is not there yet. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { evaluate } from "../../assets/lesson/tree.js";

const call = (name, ...of) => ({ call: name, of });
const op = (name, ...of) => ({ op: name, of });
const MEASURES = {
  probability: (token) => (token === " stars" ? 0.25 : null),
  kept: () => 40,
  chosen: () => " stars",
};
const STARS = call("probability", " stars");
const NOWHERE = call("probability", " moons");

test("numbers, texts and truths are worth themselves", () => {
  assert.deepEqual([0.5, " stars", true].map((tree) => evaluate(tree, {})), [0.5, " stars", true]);
});

test("sums, comparisons and truths are computed", () => {
  const cases = [
    [op("+", 1, 2), 3],
    [op("-", STARS, 0.05), 0.2],
    [op("*", 100, STARS), 25],
    [op("/", call("kept"), 4), 10],
    [op("neg", 3), -3],
    [op("<", STARS, 0.3), true],
    [op("<=", 2, 2), true],
    [op(">", " a", " b"), false],
    [op(">=", 3, 2), true],
    [op("==", call("chosen"), " stars"), true],
    [op("!=", call("chosen"), " stars"), false],
    [op("and", op(">", 2, 1), op(">", 3, 1)), true],
    [op("or", op("<", 2, 1), op(">", 3, 1)), true],
    [op("not", op("<", 2, 1)), true],
  ];
  for (const [tree, worth] of cases) assert.equal(evaluate(tree, MEASURES), worth, JSON.stringify(tree));
});

test("what is not there yet spreads", () => {
  const trees = [NOWHERE, op("+", 1, NOWHERE), op("<", NOWHERE, 1), op("and", false, op("<", NOWHERE, 1)), op("not", op("==", NOWHERE, 1)), call("probability", call("missing"))];
  assert.deepEqual(trees.map((tree) => evaluate(tree, MEASURES)), trees.map(() => null));
});

test("a division by zero, a text in a sum and an unknown name have no value, and nothing throws", () => {
  const trees = [op("/", 1, 0), op("+", " a", 1), op("<", " a", 1), op("neg", " a"), call("later", 1), call("constructor"), op("toString", 1)];
  assert.deepEqual(trees.map((tree) => evaluate(tree, MEASURES)), trees.map(() => null));
});

test("before is what was there before a reveal, and is not there where nothing was revealed", () => {
  const tree = op(">", STARS, call("before", STARS));
  const before = { probability: () => 0.1 };
  assert.equal(evaluate(tree, MEASURES), null);
  assert.equal(evaluate(tree, MEASURES, before), true);
  assert.equal(evaluate(call("before", op("*", 2, STARS)), MEASURES, before), 0.2);
});
