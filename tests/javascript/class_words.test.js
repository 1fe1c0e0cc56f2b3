/** Tests what is said of a class's answers and draws, and what lessons and a class tell each other. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

globalThis.document = /** @type {any} */ (new EventTarget());
const { questionOf, outcomeOf, tellOutcome, tellQuestion } = await import("../../assets/common/class_asks.js");
const { exceptions, guessesInWords, howManyAnswered, largeNumbers, meaningOfScore, rightInWords, scoreInWords } = await import("../../assets/class/words.js");
const { tellTogether, togetherAt } = await import("../../assets/decode/together.js");

const SCORE = { bits: 3.24, scored: 17, noTokens: [], impossible: 0, cut: 0 };
const LESSON = { name: "temperature", page: 1 };
let told = 0;
document.addEventListener("playground:asked", () => told++);
beforeEach(() => (told = 0));

test("the count never says that more have answered than are here", () => {
  assert.deepEqual([howManyAnswered(17, 28), howManyAnswered(3, 2)], ["17 of 28 have answered", "3 of 3 have answered"]);
});

test("the score stands beside the model's entropy, and its meaning names the best one", () => {
  assert.equal(scoreInWords(SCORE, { entropy: 5.66 }), "Surprisal of the class: 3.2 bits · entropy of the model: 5.7 bits");
  assert.match(meaningOfScore(SCORE, { least: 1.49 }).join(" "), /the mean of −log₂ p over 17 answers, .* reaches 1\.5 bits, which is the best\./);
  assert.match(scoreInWords({ ...SCORE, bits: null, scored: 0 }, { entropy: 1 }), /has no score/);
  assert.deepEqual(meaningOfScore({ ...SCORE, scored: 0 }, { least: 1 }), []);
});

test("what has no surprisal is counted and named, and so is what the settings remove", () => {
  const noTokens = ["a", "<b>", "c", "d"].map((text) => ({ text, id: null, count: 1 }));
  assert.deepEqual(exceptions({ ...SCORE, noTokens, impossible: 1, cut: 2 }), [
    "4 answers are no single token of this model and have no surprisal: “a”, “<b>”, “c” and ….",
    "1 answer has no probability in the model at all and is not in the mean.",
    "2 answers are tokens that the settings in view remove. They are in the mean all the same.",
  ]);
  assert.deepEqual(exceptions(SCORE), []);
});

test("guesses of a bar are told by their mean, which is in the middle of their tenths", () => {
  assert.equal(guessesInWords([{ answer: 0.2, count: 1 }, { answer: 0.4, count: 1 }], 0.688), "The model's value is 68.8 %. The guesses are about 35.0 % on average.");
  assert.equal(rightInWords([{ answer: "It grows.", count: 3 }, { answer: "No.", count: 1 }], "It grows."), "3 of 4 said: It grows.");
});

test("the law of large numbers tells the standard deviation of a share", () => {
  assert.match(largeNumbers(25, { text: " stars", probability: 0.5 }), /With 25 draws, the share of “ stars”, whose probability is 50\.0 %, is typically 10\.0 points off/);
});

test("a lesson hears of the class's question about its page, and only when it changes", () => {
  tellQuestion(null);
  assert.equal(told, 0);
  tellQuestion({ lesson: LESSON, revealed: false, reveal: null });
  tellQuestion({ lesson: { ...LESSON }, revealed: false, reveal: null });
  assert.equal(told, 1);
  assert.equal(questionOf({ ...LESSON, page: 2 }), null);
  assert.equal(questionOf(LESSON).revealed, false);
  tellQuestion({ lesson: LESSON, revealed: true, reveal: null });
  assert.deepEqual([told, questionOf(LESSON).revealed], [2, true]);
});

test("the class hears what the reveal of a lesson came to", () => {
  tellOutcome(LESSON, 0.25);
  tellOutcome({ ...LESSON }, 0.25);
  assert.deepEqual([told, outcomeOf(LESSON), outcomeOf({ ...LESSON, page: 2 })], [1, 0.25, null]);
});

test("the counts of a class stand over the bars of its own step and settings alone", () => {
  const settings = { strategy: "sample", temperature: 0.8, top_k: 40, seed: 5 };
  tellTogether({ traceId: "one", index: 2, settings, counts: { 7: 3, 9: 1 }, u: 0.25 });
  assert.equal(togetherAt("two", 2, settings), null);
  assert.equal(togetherAt("one", 1, settings), null);
  assert.equal(togetherAt("one", 2, { ...settings, temperature: 1 }), null);
  const { draws, u } = togetherAt("one", 2, { ...settings, seed: 6 });
  assert.deepEqual([draws.total, draws.of(7), draws.of(8), u], [4, 3, 0, 0.25]);
  tellTogether(null);
  assert.equal(togetherAt("one", 2, settings), null);
});
