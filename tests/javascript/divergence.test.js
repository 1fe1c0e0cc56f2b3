/** Tests the Kullback–Leibler divergence against values computed by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { divergenceBits } from "../../assets/distribution/divergence.js";
import { near } from "./near.js";

const bits = (p, q) => divergenceBits(Float64Array.from(p), Float64Array.from(q));
const half = [0.5, 0.5];

test("the divergence is that of the formula", () => {
  near(bits(half, [0.25, 0.75]), 0.2075187496394219); // 0.5 log2(0.5 / 0.25) + 0.5 log2(0.5 / 0.75)
  near(bits([1, 0], half), 1);
  assert.equal(bits([1, 0], [1, 0]), 0);
});

test("what q never draws costs infinitely much", () => assert.equal(bits(half, [1, 0]), Infinity));
