/** Tests the sentences that say what the chart of Compare settings shows. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { curveCaptionOf, scatterCaptionOf } from "../../assets/compare/caption.js";

const row = (place, name, nats, across) => ({
  place,
  name,
  measures: { logprob_nats: nats && { mean: nats, error: 0.05 }, across_2: across && { mean: across, error: 0.02 } },
});
const GREEDY = row(0, "greedy", -0.5, 0.3);
const CREATIVE = row(1, "temperature 1.2", -3.25, 0.975);
const ABOUT = "Each point is one row of settings. Farther right its texts are more likely to the model, farther up they vary more.";

test("the row with the most likely texts and the one with the most varied texts are told", () => {
  const told = "Row 1 greedy has the most likely texts (−0.50 ± 0.05 nats per token), row 2 temperature 1.2 the most varied ones (98 % ± 2 of their pairs of tokens differ).";
  for (const rows of [[GREEDY, CREATIVE], [CREATIVE, GREEDY]]) assert.equal(scatterCaptionOf(rows, "across_2"), `${ABOUT} ${told}`);
});

test("a row that is both is told once, and one row alone is compared with nothing", () => {
  const best = row(2, "plain", -0.25, 0.99);
  const told = "Row 3 plain has both the most likely texts (−0.25 ± 0.05 nats per token) and the most varied ones (99 % ± 2 of their pairs of tokens differ).";
  assert.equal(scatterCaptionOf([GREEDY, CREATIVE, best], "across_2"), `${ABOUT} ${told}`);
  assert.equal(scatterCaptionOf([best], "across_2"), ABOUT);
});

test("a row that has no estimate is not told", () => {
  assert.equal(scatterCaptionOf([GREEDY, row(1, "beam", -0.1, null)], "across_2"), ABOUT);
  assert.equal(scatterCaptionOf([], "across_2"), ABOUT);
});

const LINE = "The rows differ in temperature only, so the line shows what it does to the texts.";
const estimate = (mean, error) => ({ mean, error });
const at = (value, found) => ({ value, found });

test("a curve is told by its ends, with what chance may make of them", () => {
  const curve = (from, to) => curveCaptionOf("perplexity", "perplexity", "temperature", [at(0.5, from), at(1, estimate(5, 1)), at(1.5, to)]);
  const apart = curve(estimate(2, 0.1), estimate(12.34, 1));
  assert.equal(apart, `${LINE} perplexity: 2.00 ± 0.10 at temperature 0.5, 12.3 ± 1.0 at temperature 1.5. Chance alone hardly explains the difference.`);
  assert.match(curve(estimate(2, 1), estimate(3, 1)), /Chance alone may explain the difference\.$/);
  assert.match(curve(estimate(2, null), estimate(3, 1)), /One text alone does not say how much of that is chance\.$/);
});

test("one point of a curve has only its value", () => {
  assert.equal(curveCaptionOf("loops", "loops", "temperature", [at(0.5, estimate(0.25, null))]), `${LINE} loops: 25 % at temperature 0.5.`);
  assert.equal(curveCaptionOf("loops", "loops", "temperature", []), LINE);
});
