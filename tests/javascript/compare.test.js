/** Compare settings: where two texts part, and the buttons that open a text. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Openings } from "../../assets/common/openings.js";
import { changed, parting } from "../../assets/compare/parting.js";

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
  const button = { textContent: "Open", disabled: false };
  const opened = [];
  const ticket = openings.begin((traceId) => opened.push(traceId), button);
  assert.deepEqual(button, { textContent: "Opening …", disabled: true });
  openings.end({ ticket, trace_id: "a" });
  assert.deepEqual(button, { textContent: "Open", disabled: false });
  const other = openings.begin((traceId) => opened.push(traceId), button);
  openings.giveUp();
  assert.deepEqual(button, { textContent: "Open", disabled: false });
  openings.end({ ticket: other, trace_id: "late" });
  assert.deepEqual(opened, ["a"]);
});
