/** The tokens in and out on the tab Fill, a blank as a step, and which views an encoder-only model has. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = Object.assign(new EventTarget(), { baseURI: "http://localhost/" });
globalThis.playgroundModels = [
  { model: "gpt2", family: "decoder", task: null, loaded: true },
  { model: "bert", family: "encoder", task: "fill-mask", loaded: true },
  { model: "tagger", family: "encoder", task: "token-classification", loaded: true },
];
const { cellsOf, labelNumbers } = await import("../../assets/fill/cells.js");
const { State } = await import("../../assets/fill/state.js");
const { likelihood, ofBlanks, ownTokens } = await import("../../assets/fill/words.js");
const { chooseModel } = await import("../../assets/models/models.js");
const { encoderTab, isServed, whyNot } = await import("../../assets/models/serving.js");

const WORDS = ["[CLS]", "[SEP]", "[MASK]", "paris", "is", "red"];
const textOf = (id) => WORDS[id];

function read(ids = [0, 2, 4, 5, 1]) {
  const state = new State();
  const masks = ids.flatMap((id, place) => (id === 2 ? [place] : []));
  state.take({ model: "bert", text: "", ids, masks, special: [0, ids.length - 1], mask_id: 2, mask_token: "[MASK]", places: null, draws: [0.5] });
  return state;
}

test("the output is as long as the input, and a blank shows its best word, or what was put in", () => {
  const state = read();
  const known = { textOf, bestOf: () => undefined };
  assert.deepEqual(cellsOf(state, known).map(({ reads, out, kind }) => [reads, out, kind]), [
    ["[CLS]", "[CLS]", "special"],
    ["[MASK]", "▁", "blank"],
    ["is", "is", "text"],
    ["red", "red", "text"],
    ["[SEP]", "[SEP]", "special"],
  ]);
  const [, guessed] = cellsOf(state, { ...known, bestOf: () => 3 });
  assert.deepEqual([guessed.out, guessed.said], ["paris?", "blank 1, empty; the most probable word is paris"]);
  state.put(3, "drawn");
  const [, filled] = cellsOf(state, { ...known, bestOf: () => 5 });
  assert.deepEqual([filled.reads, filled.out, filled.kind], ["paris", "paris", "filled"]);
  assert.match(filled.said, /^blank 1: paris, drawn/);
});

test("a score shades its token and is said in words; a token without a score has no shade", () => {
  const logprobs = [null, null, Math.log(0.5), Math.log(2 ** -9), null];
  const cells = cellsOf(read(), { textOf, bestOf: () => 3, logprobs, shading: "surprisal" });
  assert.deepEqual(cells.map(({ shade }) => shade), [undefined, undefined, 0, 4, undefined]);
  assert.match(cells[3].said, /probability 0\.195 %, surprisal 9\.0 bits/);
  assert.match(likelihood({ ids: [], logprobs_nats: logprobs, sum_nats: -4 }), /−4\.00 nats over 2 tokens, mean −2\.00/);
});

test("a labelled token shows its most probable label, and what is no entity has no colour", () => {
  const bars = (...labels) => labels.map(([label, probability]) => ({ label, probability }));
  const labels = [
    bars(["O", 0.9], ["PER", 0.06], ["LOC", 0.04]),
    bars(["PER", 0.7], ["O", 0.2], ["LOC", 0.1]),
    bars(["O", 0.8], ["LOC", 0.1], ["PER", 0.1]),
    bars(["LOC", 0.5], ["O", 0.3], ["PER", 0.2]),
    bars(["O", 0.9], ["LOC", 0.06], ["PER", 0.04]),
  ];
  const cells = cellsOf(read([0, 3, 4, 5, 1]), { textOf, bestOf: () => undefined, labels });
  assert.deepEqual(cells.map(({ out, label }) => [out, label]), [["O", undefined], ["PER", 1], ["O", undefined], ["LOC", 0], ["O", undefined]]);
  assert.equal(labelNumbers(labels).size, 2);
});

test("the tab says that the output is as long as the input, and why the model does not write on", () => {
  const { read: one } = read();
  assert.match(ofBlanks(one, 1), /^5 tokens in, 5 out: .* no next word to write\.$/);
  assert.match(ofBlanks(one, 0), /no blank\. Write ___ or \[MASK\]/);
  assert.match(ofBlanks({ ...one, mask_token: null }, 0), /no mask token/);
});

test("the model's own tokens are explained, and the mask token if there is one", () => {
  const { read: one } = read();
  const told = ownTokens(one, textOf);
  assert.deepEqual([...told.keys()], ["[CLS]", "[SEP]", "[MASK]"]);
  assert.match(told.get("[CLS]"), /at the beginning of every text/);
  assert.match(told.get("[SEP]"), /at the end of every text/);
  assert.equal(ownTokens({ ...one, mask_token: null }, textOf).size, 2);
});

test("an encoder-only model has Fill or Labels, and other views say why they have nothing of it", () => {
  assert.deepEqual(["beams", "decode", "inside/layers"].map(isServed), [true, true, true]);
  chooseModel("bert");
  assert.deepEqual(["fill", "beams", "compare/prompts", "inside/tokens"].map(isServed), [true, false, false, true]);
  assert.match(whyNot("beams"), /bert writes none: it fills blanks\. Open Fill to see it, or choose gpt2/);
  chooseModel("tagger");
  assert.equal(encoderTab(), "Labels");
  assert.match(whyNot("inside/layers"), /tagger writes none: it gives tokens labels\. Open Labels/);
});
