/** Tests the measures of the views Beams and Compare prompts, and of the weights over a source, on what these views hold. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = /** @type {any} */ (new EventTarget());
const beams = await import("../../assets/lesson/views/beams.js");
const prompts = await import("../../assets/lesson/views/prompts.js");
const { measuresOf } = await import("../../assets/lesson/measures.js");

const WORDS = { 1: "·there", 2: "·was", 3: "·the", 4: "⏎" };
const PATHS = [
  { name: "greedy", token_ids: [3, 4], log_probs: [-0.5, -2] },
  { name: "sampled", token_ids: [2], log_probs: [-9] },
];
const tree = /** @type {any} */ ({ nodes: { cumulative: [0, -0.75, -1.25] }, returned: [{ node: 2, token_ids: [1, 2] }], paths: PATHS });

test("the rows of the table of texts have a text, a log-probability and a probability", () => {
  const { path_text, path_logprob, path_probability } = beams.measuresOf({ tree, words: WORDS });
  assert.deepEqual(["winner", "greedy", "sampled"].map(path_text), [" there was", " the\n", " was"]);
  assert.deepEqual(["winner", "greedy", "sampled"].map(path_logprob), [-1.25, -2.5, -9]);
  assert.equal(path_probability("greedy"), Math.exp(-2.5));
});

test("a row that is not there has no values", () => {
  const { path_text, path_logprob, path_probability } = beams.measuresOf({ tree: { ...tree, returned: [], paths: [] }, words: WORDS });
  for (const row of ["winner", "greedy", "another"]) {
    assert.deepEqual([path_text(row), path_logprob(row), path_probability(row)], [null, null, null]);
  }
});

const BUILT = /** @type {any} */ ({ window: 1024, columns: [{ ids: [1, 2, 3] }, { ids: [1, 2, 3, 4, 5] }] });
const ANSWERS = /** @type {any} */ ([
  { labels: [{ probability: 0.1 }, { probability: 0.2 }] },
  { labels: [{ probability: 0.25 }, { probability: 0.5 }] },
]);

test("columns are counted from 1, and a label is named as in the field of label words", () => {
  const { label_share, prompt_tokens, window } = prompts.measuresOf(BUILT, ["Positive", "Negative"], ANSWERS);
  assert.deepEqual([label_share(1, "Positive"), label_share(2, "Negative")], [0.1, 0.5]);
  assert.deepEqual([prompt_tokens(1), prompt_tokens(2), window()], [3, 5, 1024]);
  assert.deepEqual([label_share(3, "Negative"), label_share(1, " Negative"), prompt_tokens(0)], [null, null, null]);
});

test("a task without label words has sizes alone", () => {
  const { label_share, prompt_tokens } = prompts.measuresOf(BUILT, [], null);
  assert.deepEqual([label_share(1, "Positive"), prompt_tokens(1)], [null, 3]);
});

test("the weights over a source are those of the step in view", () => {
  const trace = /** @type {any} */ ({ header: { source_ids: [3, 1, 3] }, isRunning: false, latest: {}, steps: [] });
  const shown = /** @type {any} */ ({ trace, step: { index: 4 }, shape: {}, settings: {}, words: WORDS });
  const source = { trace, index: 4, weights: [0.5, 0.25, 0.125] };
  const weight = (of, token) => measuresOf(shown, () => 0, of).cross_attention(token);
  assert.deepEqual([weight(source, " there"), weight(source, " the")], [0.25, 0.125], "of several the last one");
  assert.equal(weight(source, " was"), null);
  assert.equal(weight({ ...source, index: 3 }, " there"), null);
  assert.equal(weight(null, " there"), null);
});
