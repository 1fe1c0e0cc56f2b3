/** Tests what the page says of tokens that pupils of a class have drawn. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { forgetNames, tellWritten } from "../../assets/common/authors.js";
import { Trace } from "../../assets/common/trace.js";
import { origin } from "../../assets/common/words.js";

const forced = (index) => ({ index, token_id: 7, probability: 0.5, raw_probability: 0.5, rank: 1, entropy_bits: 1, draw: null, kept: 2, forced: true });

/** @returns {string[]} how the tokens of a text came about */
function origins(id, { origin: from = null } = {}) {
  const header = /** @type {any} */ ({ model: "tiny", prompt_ids: [1], settings: { strategy: "sample" }, origin: from });
  const trace = new Trace(/** @type {any} */ ({ trace_id: id, first: 0, header, steps: [0, 1, 2, 3].map(forced), stop_reason: "stopped" }));
  return trace.steps.map(origin);
}

test("a token of the class's text says who drew it, and another one does not", () => {
  tellWritten([{ trace: "a", first: 1, by: [3, null, 2], names: { 3: "Ada", 2: "" } }]);
  assert.deepEqual(origins("a"), ["chosen by you", "drawn by Ada", "chosen by you", "drawn by pupil 2"]);
  assert.deepEqual(origins("another"), Array(4).fill("chosen by you"));
});

test("a text that goes on from the class's has the class's tokens before its first own one", () => {
  tellWritten([{ trace: "b", first: 0, by: [1, 1, 1], names: { 1: "Bo" } }]);
  assert.deepEqual(origins("c", { origin: { trace_id: "b", index: 2 } }), ["drawn by Bo", "drawn by Bo", "chosen by you", "chosen by you"]);
});

test("after the class nobody's name stays, and the class's tokens stay the class's", () => {
  tellWritten([{ trace: "d", first: 0, by: [1], names: { 1: "Cy" } }]);
  forgetNames();
  assert.deepEqual(origins("d").slice(0, 2), ["drawn by the class", "chosen by you"]);
});
