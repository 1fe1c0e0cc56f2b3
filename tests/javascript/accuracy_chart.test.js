/** The looks of the lines in the chart of accuracy, and the room for their names. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fitting, legendRows, lookOf } from "../../assets/prompts/accuracy_chart.js";

test("the first six lines have a colour and a symbol each, and no two of 36 lines look the same", () => {
  const looks = Array.from({ length: 36 }, (_, place) => lookOf(place));
  assert.equal(new Set(looks.slice(0, 6).map(({ colour }) => colour)).size, 6);
  assert.equal(new Set(looks.slice(0, 6).map(({ symbol }) => symbol)).size, 6);
  assert.equal(new Set(looks.map(({ colour, symbol }) => `${colour} ${symbol}`)).size, 36);
});

test("a long name is cut where the chart is narrow, and names that need more rows get them", () => {
  const long = "1: a model with a name of more than forty letters";
  assert.equal(fitting(long, 360), "1: a model with a name of more than …");
  assert.deepEqual([fitting(long, 1000), fitting("1: a", 360)], [long, "1: a"]);
  assert.deepEqual([legendRows(["1: a", "1: b"], 360), legendRows([long, "1: a", "1: b"], 1000)], [1, 2]);
  assert.equal(legendRows([long, "1: a", "1: b"], 360), 3);
});
