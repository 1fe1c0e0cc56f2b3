/** What a preset opens on: the token that its sentence speaks of, and the head that shows it best. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { telling, tokenAt } from "../../assets/attention/telling.js";
import { PRESETS } from "../../assets/attention/texts.js";

const TOKENS = ["The", "·cat", "·fits", "·as", "·it", "·is", "·it", "self", "."];
const text = { tokens: TOKENS, size: TOKENS.length };
/** Rows of two heads in two layers, of four tokens. */
const row = (layer, head) => [[[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]], [[0.2, 0.6, 0.2], [0.9, 0.05, 0.05]]][layer][head];
const readHeads = async () => ({ layers: 2, heads: 2, row });
const measures = { previous: [[0.1, 0.3], [0.8, 0.2]], induction: null };
const readMeasures = async () => measures;
const never = () => assert.fail("nothing is to be fetched");

for (const [piece, index] of [["The", 0], ["as it", 4], ["itself", 7], ["it is", 5], ["dog", -1]]) {
  test(`a piece of the text stands for the token with its last letter: ${piece}`, () => assert.equal(tokenAt(TOKENS, piece), index));
}

test("the head is the one whose query gives one of the keys most", async () => {
  const keys = (...keys) => telling(text, { query: "as it", keys, hidesFirst: true }, readHeads, never);
  assert.deepEqual(await keys("cat"), { query: 4, key: 1, head: { layer: 1, head: 0 } });
  assert.deepEqual(await keys("cat", "fits"), { query: 4, key: 2, head: { layer: 0, head: 0 } });
  assert.deepEqual(await keys("self"), { query: 4, key: null, head: null }); // it comes after the query
});

test("the head is the one with the largest measure, and the query is the last token", async () => {
  const by = (measure, of = text) => telling(of, { measure, hidesFirst: true }, never, readMeasures);
  assert.deepEqual(await by("previous"), { query: 8, key: null, head: { layer: 1, head: 0 } });
  assert.deepEqual(await by("induction"), { query: 8, key: null, head: null }); // no token occurs twice
  assert.deepEqual(await telling({ tokens: ["Hi"], size: 1 }, { measure: "previous", hidesFirst: true }, never, never), { query: 0, key: null, head: null });
});

test("every preset names pieces of its own text", () => {
  for (const { texts, look } of Object.values(PRESETS)) {
    for (const piece of [look.query, ...(look.keys ?? [])]) assert.ok(piece === undefined || texts[0].includes(piece), piece);
  }
});
