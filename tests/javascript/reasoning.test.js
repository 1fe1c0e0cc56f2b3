/** Tests where a text's blocks of reasoning begin and end, by the places of its tokens. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { reasoningBlocks } from "../../assets/decode/reasoning.js";

const blocks = (completion, prompt = ["Hi"]) => reasoningBlocks(prompt, completion);

test("a block may be of single signs or of signs in pieces, which may share a token with the text", () => {
  assert.deepEqual(blocks(["<think>", "⏎", "so", "</think>", "Yes"]), [[0, 3]]);
  assert.deepEqual(blocks(["A", "·<", "think", ">so", "</", "think", ">.", "Yes"]), [[1, 6]]);
  assert.deepEqual(blocks(["[THINK]", "a", "[/THINK]", "[THINK]", "b", "[/THINK]"]), [[0, 2], [3, 5]]);
  assert.deepEqual(blocks(["<|channel|>", "analysis", "<|message|>", "a", "<|end|>", "<|channel|>", "final"]), [[0, 4]]);
});

test("a block that has not ended is none yet, and nothing is found in a plain text", () => {
  assert.deepEqual(blocks(["<think>", "so"]), []);
  assert.deepEqual(blocks(["so", "</think>"]), []);
  assert.deepEqual(blocks(["a", "·<", "·b"]), []);
  assert.deepEqual(blocks([]), []);
});

test("a template may begin the block at the prompt's end, but not in its middle", () => {
  assert.deepEqual(blocks(["so", "</think>", "Yes"], ["Hi", "<think>", "⏎"]), [[0, 1]]);
  assert.deepEqual(blocks(["so", "</think>", "Yes"], ["Use", "<think>", "tags"]), []);
  assert.deepEqual(blocks(["so", "·far"], ["<think>"]), []);
  assert.deepEqual(blocks(["Yes", "<think>", "a", "</think>"], ["<think>", "⏎", "</think>", "⏎"]), [[1, 3]]);
});

test("the first sign that begins decides which one ends the block", () => {
  assert.deepEqual(blocks(["<think>", "[THINK]", "a", "</think>", "b"]), [[0, 3]]);
});
