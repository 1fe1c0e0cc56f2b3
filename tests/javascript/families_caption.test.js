/** The sentences about one sentence in a model of each family. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { captionOf } from "../../assets/families/caption.js";

const ENCODER = { family: "encoder", model: "fills", answer: answer({ reads: ["[CLS]", "·I", "·love", "[SEP]"], guesses: [null, guess("·I"), guess("·hate"), null] }) };
const WEIGHTS = [[1, 0], [0, 1], [0.9, 0.1, 1, null, null], [0.3, 0.2, 0, 1, null], [0, 0.95, 0, 0, 1]];
const TRANSLATOR = { family: "encoder-decoder", model: "translates", answer: answer({ reads: ["·chat", "·noir"], writes: ["<pad>", "·black", "·cat"], weights: WEIGHTS }) };
const DECODER = { family: "decoder", model: "writes", answer: answer({ reads: ["I", "·love"] }) };

function answer(told) {
  return { note: "", reads: [], writes: [], weights: [], ...told };
}

function guess(word) {
  return { word, probability: 0.5 };
}

test("each family has a sentence, in the order of the columns", () => {
  assert.equal(
    captionOf([ENCODER, TRANSLATOR, DECODER]),
    "fills sees both sides of a hidden token, and guesses 1 of 2 right. " +
      "Before translates writes ‘black’, it looks most at ‘chat’ in what it read. " +
      "In writes the first of 2 tokens sees itself alone and the last one sees all of them; what it writes comes after.",
  );
  assert.equal(captionOf([]), "");
});

test("a translator that writes nothing looks at nothing for a word, and one token sees itself", () => {
  const silent = { ...TRANSLATOR, answer: answer({ reads: ["·chat"], writes: ["<pad>"], weights: [[1], [1, 1]] }) };
  assert.equal(captionOf([silent]), "translates reads the whole source, and ends without a word of its own.");
  assert.equal(captionOf([{ ...DECODER, answer: answer({ reads: ["I"] }) }]), "writes reads 1 token, which sees itself alone; what it writes comes after.");
});
