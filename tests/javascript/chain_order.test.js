/** Tests the order of the chain: a stage that moves, the place of a dragged card, and the stages that a search finds. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { asOrder, found, moved, placeAfter, placeAt, presetOf } from "../../assets/decode/chain/order.js";
import { ORDERS, STAGES } from "../../assets/distribution/stages/all.js";

const ALL = ["penalty", "temperature", "top_h", "top_k", "top_p", "min_p"];
const SHOWN = ["temperature", "top_k", "top_p"];

for (const [name, place, expected] of [
  ["temperature", 1, ["penalty", "top_h", "top_k", "temperature", "top_p", "min_p"]],
  ["temperature", 2, ["penalty", "top_h", "top_k", "top_p", "temperature", "min_p"]],
  ["top_p", 0, ["penalty", "top_p", "temperature", "top_h", "top_k", "min_p"]],
  ["top_k", 1, ["penalty", "temperature", "top_h", "top_k", "top_p", "min_p"]],
  ["top_k", 99, ["penalty", "temperature", "top_h", "top_p", "top_k", "min_p"]],
  ["top_k", -5, ["penalty", "top_k", "temperature", "top_h", "top_p", "min_p"]],
]) {
  test(`${name} at place ${place} stands beside the cards, and hidden stages keep their places`, () => {
    const order = moved(ALL, SHOWN, name, place);
    assert.deepEqual(order, expected);
    assert.deepEqual([...order].sort(), [...ALL].sort());
  });
}

test("a stage that is alone on the chain stays where it is", () => {
  assert.deepEqual(moved(ALL, ["top_k"], "top_k", 0), ALL);
});

test("a moved stage that goes back restores the preset", () => {
  const names = STAGES.map(({ name }) => name);
  const shown = ["temperature", "top_k", "top_p"];
  const other = asOrder(moved(names, shown, "temperature", 2), shown);
  assert.equal(presetOf(other), "own");
  const back = asOrder(moved(other, ["top_k", "top_p", "temperature"], "temperature", 0), shown);
  assert.equal(back, "transformers");
});

test("cards that stand as in generate are in its order, wherever the others are", () => {
  assert.equal(asOrder(ORDERS["llama.cpp"], ["top_k", "top_p"]), "transformers");
  assert.deepEqual(asOrder(ORDERS["llama.cpp"], ["temperature", "top_p"]), ORDERS["llama.cpp"]);
});

test("an order that is not named is that of transformers", () => {
  assert.equal(presetOf(undefined), "transformers");
});

test("arrow keys move a card by one place, Home and End to the ends, and nothing past them", () => {
  const after = (key, place) => placeAfter(key, place, 3);
  assert.deepEqual([after("ArrowRight", 0), after("ArrowDown", 1), after("ArrowLeft", 2), after("ArrowUp", 1)], [1, 2, 1, 0]);
  assert.deepEqual([after("End", 0), after("Home", 2)], [2, 0]);
  assert.deepEqual([after("ArrowLeft", 0), after("ArrowRight", 2), after("Home", 0), after("End", 2), after("a", 1)], Array(5).fill(null));
});

test("a dragged card stands after the cards whose middle is before the pointer, row by row", () => {
  const box = (column, row) => ({ left: 100 * column, right: 100 * column + 90, top: 50 * row, bottom: 50 * row + 40 });
  const boxes = [box(0, 0), box(1, 0), box(0, 1), box(1, 1)];
  assert.equal(placeAt(boxes, 10, 20), 0);
  assert.equal(placeAt(boxes, 60, 20), 1);
  assert.equal(placeAt(boxes, 180, 20), 2);
  assert.equal(placeAt(boxes, 10, 70), 2);
  assert.equal(placeAt(boxes, 60, 70), 3);
  assert.equal(placeAt(boxes, 999, 999), 4);
});

const names = (groups) => groups.map(({ stages }) => stages.map(({ name }) => name));

test("a search without words finds all stages by kind", () => {
  const groups = found(STAGES, " ");
  assert.equal(names(groups).flat().length, STAGES.length);
  for (const { stages } of groups) assert.equal(new Set(stages.map(({ kind }) => kind)).size, 1);
});

test("a search finds a stage by its label, by its setting's name and by its sentence, those named first", () => {
  assert.equal(names(found(STAGES, "Top-P")).flat()[0], "top_p");
  assert.equal(names(found(STAGES, "top_p")).flat()[0], "top_p");
  assert.ok(names(found(STAGES, "entropy")).flat().includes("typical_p"));
  assert.deepEqual(names(found(STAGES, "no such words")), []);
});

test("all words of a search must be there", () => {
  assert.deepEqual(names(found(STAGES, "repetition penalty")).flat()[0], "repetition_penalty");
  assert.deepEqual(names(found(STAGES, "repetition zebra")), []);
});
