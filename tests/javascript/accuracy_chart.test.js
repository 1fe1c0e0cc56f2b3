/** The looks of the lines in the chart of accuracy. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { lookOf } from "../../assets/prompts/accuracy_chart.js";

test("the first six lines have a colour and a symbol each, and no two of 36 lines look the same", () => {
  const looks = Array.from({ length: 36 }, (_, place) => lookOf(place));
  assert.equal(new Set(looks.slice(0, 6).map(({ colour }) => colour)).size, 6);
  assert.equal(new Set(looks.slice(0, 6).map(({ symbol }) => symbol)).size, 6);
  assert.equal(new Set(looks.map(({ colour, symbol }) => `${colour} ${symbol}`)).size, 36);
});
