/** The sentences about a row of attention. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = Object.assign(new EventTarget(), { baseURI: "http://localhost/" });

const { rowSentence } = await import("../../assets/attention/words.js");

test("a row that adds up to 1 has an entropy, and a part of an attention has a sum", () => {
  assert.equal(rowSentence("x", [0.5, 0.5], ["a", "b"]), "x gives most to “a” 0.500, “b” 0.500; entropy 1.0 bits");
  assert.equal(rowSentence("x", [0.25, 0.5], ["a", "b"], "A note."), "x gives most to “b” 0.500, “a” 0.250; the row adds up to 0.750. A note.");
  assert.match(rowSentence("x", new Float32Array(500).fill(0.00202), Array(500).fill("a")), /; entropy /, "rounding does not count");
});
