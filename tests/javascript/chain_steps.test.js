/** Tests the written steps of the pane To a word: each stage of the chain with its numbers, in the stages' order. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { uniform } from "../../assets/distribution/chance.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { pathOf } from "../../assets/distribution/path.js";
import { chainSteps } from "../../assets/inside/word/chain_steps.js";
import { tableOf } from "../../assets/inside/word/sums.js";
import { near } from "./near.js";

const LOGITS = [2, 1, 0, -1, -2];

/** Returns the written steps of a token under settings, after a text of ids. */
function stepsOf(id, said, text = [4], logits = LOGITS) {
  const settings = { strategy: "sample", ...said };
  const shape = reshape(sortRow(Float32Array.from(logits)), momentOf(text), settings);
  const { lines, sums } = tableOf(shape, [id]);
  return chainSteps(shape, settings, lines[0], sums);
}

test("without a stage nothing changes, and a token that the model rules out has no steps", () => {
  assert.deepEqual(stepsOf(0, {}), ["No stage of the chain changes anything: the probability stays 63.6 %."]);
  assert.deepEqual(stepsOf(0, { strategy: "greedy", temperature: 0.5, top_k: 1 }), stepsOf(0, {}));
  assert.deepEqual(stepsOf(2, { top_k: 1 }, [0], [1, 0, -Infinity]), []);
});

test("penalties, temperature and a cut are written with their numbers", () => {
  assert.deepEqual(stepsOf(0, { repetition_penalty: 4, frequency_penalty: 0.25, temperature: 0.5, top_k: 3 }, [0, 0]), [
    "Repetition penalty 4: z′ = z / r if z > 0, else z · r, for each token of the window. Here 2.0000 / 4 = 0.5000.",
    "Frequency penalty 0.25: z′ = z − α · (how often the token occurs in the window). Here 0.5000 − 0.5000 = 0.0000.",
    "Temperature 0.5: 0.0000 / 0.5 = 0.0000.",
    "Top-k 3: keeps 3 of 5 tokens, which hold 98.4 % of the probability. This one stays: 10.5 % / 98.4 % = 10.7 %.",
    "Softmax again: minus the largest score that is left, 0.0000 − 2.0000 = −2.0000. exp(−2.0000) = 0.135335, and that of the 3 tokens " +
      "that are left adds up to 1.270671: 0.135335 / 1.270671 = 10.7 %.",
  ]);
  assert.match(stepsOf(4, { repetition_penalty: 4 })[0], /Here −2.0000 · 4 = −8.0000\.$/);
  assert.equal(stepsOf(1, { repetition_penalty: 4 })[0], "Repetition penalty 4: leaves the token’s score at 1.0000.");
});

test("the steps stand in the order of the chain", () => {
  const names = (order) => stepsOf(0, { order, temperature: 2, top_p: 0.7, min_p: 0.1 }).map((step) => step.split(" ")[0]);
  assert.deepEqual(names("transformers"), ["Temperature", "Top-p", "Min-p", "Softmax"]);
  assert.deepEqual(names("llama.cpp"), ["Top-p", "Min-p", "Temperature", "Softmax"]);
});

test("smoothing is written with its parabola, and its cubic part", () => {
  assert.equal(
    stepsOf(1, { smoothing_factor: 0.5 })[0],
    "Smoothing factor 0.5: z′ = max z − f · d² · ((3 − c)/2 − (c − 1)/2 · d), d = z − max z. " +
      "Here d = 1.0000 − 2.0000 = −1.0000, and 2.0000 − 0.5 · (−1.0000)² = 1.5000.",
  );
  assert.match(stepsOf(1, { smoothing_factor: 0.5, smoothing_curve: 2 })[0], /2.0000 − 0.5 · \(−1.0000\)² · \(0.5 − 0.5 · \(−1.0000\)\) = 1.5000\.$/);
});

test("a dynamic temperature is written with the entropy that it follows", () => {
  const [step] = stepsOf(0, { temperature: 1, dynatemp_range: 0.5, top_k: 2, order: "llama.cpp" }, [4], [1, 1, 0]).slice(1);
  assert.equal(
    step,
    "Temperature 1, dynamic range 0.5: the entropy is 0.6931 nats, of ln 2 = 0.6931 at most. " +
      "T = 0.5 + (1.5 − 0.5) · (0.6931 / 0.6931) = 1.5000. 1.0000 / 1.5000 = 0.6667.",
  );
});

test("a removal ends the steps", () => {
  assert.deepEqual(stepsOf(3, { top_k: 2, temperature: 2, order: "llama.cpp" }), ["Top-k 2: keeps 2 of 5 tokens and removes this one: 3.17 % → 0."]);
  assert.deepEqual(stepsOf(1, { no_repeat_ngram_size: 1, temperature: 2 }, [1]), ["No-repeat n-gram 1: removes the token: its probability is 0."]);
  assert.match(stepsOf(0, { no_repeat_ngram_size: 1 }, [1])[0], /: removes other tokens and leaves the token’s score at 2.0000\.$/);
});

const SETTINGS = {
  repetition_penalty: [1.3, 0.5], presence_penalty: [0.4, 0], temperature: [0.7, 1.5], dynatemp_range: [0.4, 0], smoothing_factor: [0.3, 2], smoothing_curve: [6, 1],
  top_k: [20, 5], top_p: [0.8, 0.95], min_p: [0.05, 0.2], typical_p: [0.9, 0.5], xtc_probability: [1, 0], top_n_sigma: [2, 1], tfs_z: [0.9, 0.99], no_repeat_ngram_size: [1, 2],
};
const ORDERED = ["repetition_penalty", "presence_penalty", "no_repeat_ngram_size", "temperature", "smoothing_factor", "top_k", "top_p", "min_p", "typical_p", "xtc", "top_n_sigma", "tfs_z"];

test("in any chain a token's path ends at its probability, and each stage begins where the one before ended", () => {
  for (let seed = 0; seed < 200; seed++) {
    let at = 0;
    const random = () => uniform(seed, at++);
    const logits = Float32Array.from({ length: 60 }, () => 8 * random() - 4);
    const settings = { strategy: "sample", order: ORDERED.map((name) => [random(), name]).sort(([a], [b]) => a - b).map(([, name]) => name) };
    for (const [name, values] of Object.entries(SETTINGS)) if (random() < 0.5) settings[name] = values[Math.floor(2 * random())];
    const shape = reshape(sortRow(logits), momentOf([3, 5, 8, 3]), settings);
    if (!shape.kept) continue;
    const ids = [3, 8, shape.order[0], shape.order[2], shape.order[30], shape.left.ranking.order[shape.stretch[0]]];
    const { lines, sums } = tableOf(shape, ids);
    for (const line of lines) {
      const path = pathOf(shape, line.id);
      path.forEach(({ before }, place) => assert.equal(before, path[place - 1]?.after ?? line.logit));
      const end = path.at(-1)?.after ?? line.logit;
      const probability = Math.exp(end - sums.scaledLargest) / sums.scaledSum;
      near(probability, shape.probability(line.id));
      near(line.scaledShare > 0 ? line.scaledWeight / sums.scaledSum : 0, shape.probability(line.id));
      const steps = chainSteps(shape, settings, line, sums);
      assert.equal(steps.length, path.length + (line.scaledShare > 0 || !path.length ? 1 : 0));
      assert.ok(!steps.join().includes("NaN"), steps.join());
    }
  }
});
