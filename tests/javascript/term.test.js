/** Where a word of the glossary stands in a text. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { placesOf } from "../../assets/glossary/term.js";

const words = (text, terms, hasEndings) => placesOf(text, terms, hasEndings).map((place) => place && text.slice(...place));
const start = (text, word) => placesOf(text, [word])[0]?.[0] ?? -1;

test("a word is found where it stands alone, and not inside of another word", () => {
  assert.equal(start("The counts: u falls", "u"), 12);
  assert.equal(start("groups: χ² = 3.1, p = 0.2", "p"), 18);
  assert.equal(start("Zero-shot", "shot"), 5);
  assert.equal(start("P(label) …", "P(label)"), 0);
  assert.equal(start("counts", "u"), -1);
});

test("each word is looked for after the one before it", () => {
  assert.deepEqual(placesOf("a logit, and one more logit", ["logit", "logit", "logit"]), [[2, 7], [22, 27], null]);
  assert.deepEqual(words("softmax makes probabilities of logits", ["logit", "softmax", "probability"]), [null, "softmax", null]);
});

test("in a language with endings a word may have one, a capital, and another place in the sentence", () => {
  const german = "Aus Logits macht Softmax Wahrscheinlichkeiten.";
  assert.deepEqual(words(german, ["Wahrscheinlichkeit", "logit", "softmax"], true), ["Wahrscheinlichkeiten", "Logits", "Softmax"]);
  assert.deepEqual(words("les composantes principales", ["composante principale"], true), ["composantes principales"]);
  assert.deepEqual(words("une unité u", ["u"], true), ["u"]);
});
