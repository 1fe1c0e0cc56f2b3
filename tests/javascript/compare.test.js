/** Tests Compare settings: where two texts diverge, how rows differ, and the buttons that open a text. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Openings } from "../../assets/common/openings.js";
import { labelOf } from "../../assets/compare/chart.js";
import { changed, parting } from "../../assets/compare/parting.js";
import { choosesAs, differing, sweptBy } from "../../assets/compare/settings.js";

for (const [one, other, place] of [
  [[1, 2, 3], [1, 2, 3], -1],
  [[1, 2], [1, 2, 3], 2],
  [[1, 5, 3], [1, 2, 3], 1],
]) {
  test(`where two texts part: ${one} and ${other}`, () => assert.equal(parting(one, other), place));
}

test("how often a token changes: the first, the third, of which two texts have one, and the last", () => {
  const pairs = [[[1, 2, 3], [1, 2, 4]], [[1, 2], [5, 2]], [[1, 2], [1, 2, 9]]];
  const told = [0, 2, -1].map((place) => changed(pairs, place));
  assert.deepEqual(told, [{ differ: 1, of: 3 }, { differ: 2, of: 2 }, { differ: 2, of: 3 }]);
});

test("a button that opens a text says so until it is there or refused", () => {
  const openings = new Openings();
  const button = { textContent: "Open", ariaDisabled: "false" };
  const opened = [];
  const ticket = openings.begin((traceId) => opened.push(traceId), button);
  assert.deepEqual(button, { textContent: "Opening …", ariaDisabled: "true" });
  openings.end({ ticket, trace_id: "a" });
  assert.deepEqual(button, { textContent: "Open", ariaDisabled: "false" });
  const other = openings.begin((traceId) => opened.push(traceId), button);
  openings.giveUp();
  assert.deepEqual(button, { textContent: "Open", ariaDisabled: "false" });
  openings.end({ ticket: other, trace_id: "late" });
  assert.deepEqual(opened, ["a"]);
});

const PLAIN = {
  strategy: "sample", temperature: 1, top_k: 0, top_p: 1, min_p: 0, typical_p: 1, epsilon_cutoff: 0, eta_cutoff: 0,
  repetition_penalty: 1, no_repeat_ngram_size: 0, max_new_tokens: 40, stop_strings: [], seed: 0, num_beams: 1,
  length_penalty: 1, early_stopping: false,
};
const rows = (...changes) => changes.map((change) => ({ ...PLAIN, ...change }));
const TEMPERATURES = [{ temperature: 0.5 }, { temperature: 1 }, { temperature: 1.5 }];

test("three rows that differ in one number are a sweep along it", () => {
  assert.equal(sweptBy(rows(...TEMPERATURES)), "temperature");
  assert.equal(sweptBy(rows({ typical_p: 0.2 }, { typical_p: 0.5 }, {})), "typical_p");
  assert.equal(sweptBy(rows({ invented: 1 }, { invented: 2 }, { invented: 3 })), "invented");
});

for (const name of Object.keys(PLAIN).filter((name) => name !== "temperature")) {
  test(`rows that differ in ${name} too are no sweep along the temperature`, () => {
    const other = { strategy: "beam", stop_strings: ["."], early_stopping: true }[name] ?? PLAIN[name] + 1;
    const table = rows(TEMPERATURES[0], { ...TEMPERATURES[1], [name]: other }, TEMPERATURES[2]);
    assert.deepEqual(differing(table).sort(), [name, "temperature"].sort());
    assert.equal(sweptBy(table), null);
  });
}

test("two rows, equal rows, and rows that differ in what is no number are no sweep", () => {
  assert.equal(sweptBy(rows(...TEMPERATURES.slice(1))), null);
  assert.equal(sweptBy(rows({}, {}, {})), null);
  assert.equal(sweptBy(rows({ early_stopping: true }, {}, {})), null);
});

test("a sweep along any number has a name, whether it is a stage or not", () => {
  assert.deepEqual(["top_k", "num_beams", "length_penalty"].map(labelOf), ["top-k", "beams", "length penalty"]);
});

test("a row is the paper's whatever its seed and length, and no other setting may differ", () => {
  const [paper] = rows({ top_k: 40 });
  assert.ok(choosesAs({ ...paper, seed: 7, max_new_tokens: 9 }, paper));
  for (const change of [{ typical_p: 0.5 }, { epsilon_cutoff: 0.1 }, { no_repeat_ngram_size: 2 }, { length_penalty: 2 }]) {
    assert.ok(!choosesAs({ ...paper, ...change }, paper), JSON.stringify(change));
  }
});
