/** Tests the sentences that say why two texts with one seed part, and how often. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { oftenChanged, whyDiffer } from "../../assets/compare/luck_words.js";

const [SAMPLED, OTHER] = [{ row: 2, word: "·a", share: "41.0 %", isGreedy: false }, { row: 3, word: "·b", share: "7.00 %", isGreedy: false }];
const GREEDY = { row: 1, word: "·the", share: "50.0 %", isGreedy: true };

test("two rows that sample have one random number", () => {
  assert.equal(whyDiffer(5, 0.314159, [SAMPLED, OTHER]), "They differ from token 5 on: the same u = 0.314 falls on “·a” under row 2 (41.0 %) and “·b” under row 3 (7.00 %).");
});

test("greedy does not depend on the random number, on either side or on both", () => {
  const greedy = "row 1 takes the most probable token, “·the” (50.0 %)";
  const drawn = "u = 0.314 falls on “·a” under row 2 (41.0 %)";
  assert.equal(whyDiffer(1, 0.314159, [GREEDY, SAMPLED]), `They differ from token 1 on: ${greedy} and ${drawn}.`);
  assert.equal(whyDiffer(1, 0.314159, [SAMPLED, GREEDY]), `They differ from token 1 on: ${drawn} and ${greedy}.`);
  assert.equal(whyDiffer(1, null, [GREEDY, GREEDY]), `They differ from token 1 on: ${greedy} and ${greedy}.`);
});

test("a place that no text reaches is left out of the counts", () => {
  assert.equal(oftenChanged([[[1, 2], [1, 3]]]), "In 1 pair of texts, the other settings change the first token in 0 of 1, the last token in 1 of 1.");
  const long = Array.from({ length: 10 }, (_, id) => id);
  assert.equal(oftenChanged([[long, long], [[1], [2]]]), "In 2 pairs of texts, the other settings change the first token in 1 of 2, the tenth token in 0 of 1, the last token in 1 of 2.");
});
