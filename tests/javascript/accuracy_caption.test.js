/** Tests the sentences that say what the chart of accuracy shows. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { accuracyCaptionOf } from "../../assets/prompts/accuracy_caption.js";

const point = (shots, items, [low, accuracy, high], share) => ({ shots, items, low, accuracy, high, share });
const NONE = point(0, 60, [0.4, 0.5, 0.6], 0.125);
const FOUR = point(4, 60, [0.7, 0.8, 0.9], 0.93);
const result = (name, ...shots) => ({ name, labels: [], shots, items: null });

test("the fewest and the most examples are told, and that their intervals lie apart", () => {
  const said = accuracyCaptionOf([result("1: no switches", NONE, point(1, 60, [0.5, 0.6, 0.7], 0.5), FOUR)]);
  const right = "“1: no switches” is right on 50.0 % of 60 items (no example) and on 80.0 % of 60 items (4 examples).";
  const chance = "The bars on these two points do not overlap, so chance alone hardly explains the difference.";
  assert.equal(said, `${right} ${chance} The label words have 12.5 % and 93.0 % of the probability there.`);
});

test("intervals that overlap, also at one end only, leave the difference to chance", () => {
  for (const other of [point(4, 60, [0.6, 0.7, 0.8], 0.9), point(4, 60, [0.2, 0.3, 0.4], 0.9)]) {
    assert.match(accuracyCaptionOf([result("a", NONE, other)]), / overlap, so chance alone may explain the difference\. /);
  }
});

test("a number of examples that is not tried yet is not told, and each has its own number of items", () => {
  const said = accuracyCaptionOf([result("a", NONE, point(1, 1, [0.1, 1, 1], 0.5), { shots: 4, items: 0 })]);
  assert.match(said, /^“a” is right on 50\.0 % of 60 items \(no example\) and on 100 % of 1 item \(1 example\)\. /);
});

test("one number of examples has its interval, and other lines are counted", () => {
  const right = "“b” is right on 50.0 % of 60 items (no example).";
  const bar = "Chance alone may move that from 40.0 % to 60.0 %, as far as the bar reaches.";
  const told = `${right} ${bar} The label words have 12.5 % of the probability.`;
  assert.equal(accuracyCaptionOf([result("b", NONE)]), told);
  assert.equal(accuracyCaptionOf([result("a", FOUR), result("b", NONE)]), `${told} 1 other line shows another run.`);
});
