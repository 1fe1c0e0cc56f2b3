/** Where a word of the glossary stands in a text. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { placeOf } from "../../assets/glossary/term.js";

test("a word is found where it stands alone, and not inside of another word", () => {
  assert.equal(placeOf("The counts: u falls", "u"), 12);
  assert.equal(placeOf("groups: χ² = 3.1, p = 0.2", "p"), 18);
  assert.equal(placeOf("Zero-shot", "shot"), 5);
  assert.equal(placeOf("P(label) …", "P(label)"), 0);
  assert.equal(placeOf("counts", "u"), -1);
});
