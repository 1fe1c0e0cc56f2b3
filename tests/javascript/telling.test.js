/** What the Attention pane makes of a preset: the head that shows best what its sentence speaks of. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { LOOKS, NOTES } from "../../assets/attention/presets.js";
import { telling } from "../../assets/attention/telling.js";
import { ENCODER_PRESETS, PRESETS, SOURCE_PRESETS } from "../../assets/inside/texts.js";

const TOKENS = ["The", "·cat", "·fits", "·as", "·it", "·is", "·it", "self", "."];
const text = { keyTokens: TOKENS, size: TOKENS.length, seen: (query) => query + 1 };
/** Rows of two heads in two layers, of four tokens. */
const row = (layer, head) => [[[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]], [[0.2, 0.6, 0.2], [0.9, 0.05, 0.05]]][layer][head];
const readHeads = async () => ({ layers: 2, heads: 2, row });
const measures = { previous: [[0.1, 0.3], [0.8, 0.2]], induction: null };
const readMeasures = async () => measures;
const never = () => assert.fail("nothing is to be fetched");

test("the head is the one whose query gives one of the keys most", async () => {
  const keys = (...keys) => telling(text, 4, { keys, hidesFirst: true }, readHeads, never);
  assert.deepEqual(await keys("cat"), { key: 1, head: { layer: 1, head: 0 } });
  assert.deepEqual(await keys("cat", "fits"), { key: 2, head: { layer: 0, head: 0 } });
  assert.deepEqual(await keys("self"), { key: null, head: null }); // it comes after the query
});

test("a token of an encoder also looks at those after it", async () => {
  const { key } = await telling({ ...text, seen: () => TOKENS.length }, 0, { keys: ["cat", "fits"], hidesFirst: true }, readHeads, never);
  assert.equal(key, 2);
});

test("the head is the one with the largest measure", async () => {
  const by = (measure, of = text) => telling(of, 8, { measure, hidesFirst: true }, never, readMeasures);
  assert.deepEqual(await by("previous"), { key: null, head: { layer: 1, head: 0 } });
  assert.deepEqual(await by("induction"), { key: null, head: null }); // no token occurs twice
  assert.deepEqual(await telling({ ...text, size: 1 }, 0, { measure: "previous", hidesFirst: true }, never, never), { key: null, head: null });
});

test("every preset has a note and names pieces of its own text", () => {
  const names = [PRESETS, SOURCE_PRESETS, ENCODER_PRESETS].flatMap(Object.keys).sort();
  assert.deepEqual([Object.keys(NOTES).sort(), Object.keys(LOOKS).sort()], [names, names]);
  for (const [name, { keys = [] }] of Object.entries(LOOKS)) {
    for (const piece of keys) assert.ok({ ...PRESETS, ...ENCODER_PRESETS }[name].texts[0].includes(piece), piece);
  }
});
