/** Tests the sentences that say what the columns of Compare prompts show. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { captionOf } from "../../assets/prompts/caption.js";
import { ALL } from "../../assets/prompts/kind_choice.js";

const same = (numbers) => `The columns ask the same after ${numbers} examples.`;
const NOT_RUN = "After Run each column shows how the model goes on.";

/** Two label words with their probabilities. */
const words = (positive, negative, calibrated = null) => ({
  labels: [{ label: " Positive" }, { label: " Negative" }],
  share: positive + negative,
  prefers: [positive, negative].map((one) => one / (positive + negative)),
  calibrated,
});
const column = (kind, first = null, labels = null) => ({ kind, first, labels });
const begun = (token, probability) => ({ token, probability });

test("before a run the caption says how the prompts differ and what to do", () => {
  assert.equal(captionOf([column({ shots: 0 }), column({ shots: 1 })]), `${same("0 and 1")} ${NOT_RUN}`);
  assert.equal(captionOf([column({ shots: 0 }), column({ free: "Hi" })]), `Each column gives the model another prompt. ${NOT_RUN}`);
  assert.equal(captionOf([column({ shots: 0 })]), `The column shows one prompt as the model reads it. ${NOT_RUN}`);
});

test("the label words are told after each prompt, with the one that the model prefers", () => {
  const columns = [column({ shots: 0 }, null, words(0.08, 0.02)), column({ shots: 1 }, null, words(0.1, 0.4)), column({ shots: ALL }, null, words(0.1, 0.8))];
  const told = "The label words get 10.0 %, 50.0 % and 90.0 %; the model prefers";
  assert.equal(captionOf(columns), `${same("0, 1 and all")} ${told} “Positive”, “Negative” and “Negative”. ${NOT_RUN}`);
  assert.match(captionOf([columns[1], columns[2]]), / get 50\.0 % and 90\.0 %; the model prefers “Negative”\. /);
});

test("calibration changes what the model prefers, and an error leaves the label words out", () => {
  assert.match(captionOf([column({ free: "a" }, null, words(0.4, 0.1, [0.3, 0.7]))]), / get 50\.0 %; the model prefers “Negative”\./);
  assert.equal(captionOf([column({ shots: 0 }, null, words(0.4, 0.1)), column({ shots: 1 }, null, { error: "Too long." })]), `${same("0 and 1")} ${NOT_RUN}`);
});

test("the first token of each answer is told with its probability, and without while the server works it out", () => {
  const columns = [column({ shots: 0 }, begun("·Neutral", 0.05)), column({ shots: 4 }, begun("·Negative", null))];
  assert.equal(captionOf(columns), `${same("0 and 4")} The answers begin with ‘ Neutral’ (5.00 %) and ‘ Negative’.`);
  assert.match(captionOf([columns[0]]), / The answer begins with ‘ Neutral’ \(5\.00 %\)\.$/);
});

test("while only some answers have begun, none is told", () => {
  assert.equal(captionOf([column({ shots: 0 }, begun("·Neutral", 0.05)), column({ shots: 1 })]), same("0 and 1"));
});
