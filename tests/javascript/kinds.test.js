/** Tests the kinds of a constraint: one holds at a time, and each begins with a value that is seen. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { changesOf } from "../../assets/decode/chain/kinds.js";
import { startOf } from "../../assets/decode/chain/starts.js";
import { isInForce, stageOf } from "../../assets/distribution/settings.js";

const constraint = stageOf("constraint");

test("one kind clears the others, and no value clears only itself", () => {
  assert.deepEqual(changesOf(constraint, "regex", "a"), { regex: "a", json_schema: null, choices: null, grammar: null });
  assert.deepEqual(changesOf(constraint, "regex", null), { regex: null });
  assert.deepEqual(changesOf(stageOf("top_k"), "top_k", 5), { top_k: 5 });
});

test("a constraint begins with choices, and each kind has a start that switches it on", () => {
  assert.deepEqual(startOf(constraint), { choices: [" Paris", " London"] });
  for (const { name } of constraint.parameters) assert.ok(isInForce({ strategy: "greedy", ...startOf(constraint, name) }, "constraint"), name);
});
