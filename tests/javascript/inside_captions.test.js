/** Tests the sentences that say in plain words what each view inside the model shows. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { captionOf as embeddingsCaption } from "../../assets/inside/embeddings/caption.js";
import { State as EmbeddingsState } from "../../assets/inside/embeddings/state.js";
import { captionOf as layersCaption } from "../../assets/inside/layers/caption.js";
import { captionOf as pictureCaption } from "../../assets/inside/picture/caption.js";
import { captionOf as positionsCaption } from "../../assets/inside/positions/caption.js";
import { wayOf } from "../../assets/inside/positions/ways.js";
import { Text } from "../../assets/inside/text.js";
import { captionOf as tokensCaption } from "../../assets/inside/tokens/caption.js";
import { captionOf as whyCaption } from "../../assets/inside/why/caption.js";
import { captionOf as wordCaption } from "../../assets/inside/word/caption.js";

const WORDS = ["·the", "·cat", "·sat", "down"];
const textOf = (id) => WORDS[id];
const TEXT = new Text("a", [0, 1, 2], textOf, 3, false);

test("the picture tells how large the model is, and how the vector grows", () => {
  const drawing = { model: "Tiny", layers: 4, width: 8, parameters: 12_345 };
  const state = { drawing, text: TEXT, query: 1, lengths: [1, 2, 3, 4, 20.26], block: 2 };
  assert.equal(
    pictureCaption(state),
    "This is the whole of Tiny: 12,345 learned numbers, in 4 blocks that work one after the other and in the parts around them. " +
      "‘ cat’ passes through it as a vector of 8 numbers: its length is 1.0 before the blocks and 20.3 after them. Block 2 of 0 to 3 is drawn with its parts.",
  );
  assert.match(pictureCaption({ ...state, lengths: null }), /‘ cat’ passes through it as a vector of 8 numbers, to which every block adds\./);
  assert.match(pictureCaption({ ...state, text: undefined }), /Each token passes through it as a vector of 8 numbers/);
  assert.match(pictureCaption({ ...state, drawing: { ...drawing, layers: 1 } }), /in 1 block and in the parts around it\..* The block is drawn/);
});

test("the tokens are counted, and the chosen one is told", () => {
  const token = { id: 4000, shown: "·cat", isPutIn: false, special: false, leads: true };
  const answer = { tokens: [token, { ...token, shown: "s", leads: false }], counts: { tokens: 2, characters: 5 } };
  const said = (chosen, word, told = answer) => tokensCaption({ answer: told, chosen, word });
  assert.equal(said(0, { first: 0, last: 0 }), "The tokeniser cuts 5 characters into 2 tokens, and the model reads only the id of each. Token 1 is ‘ cat’ with the id 4000: the space at its beginning is a part of it.");
  assert.match(said(1, { first: 0, last: 1 }), /Token 2 is ‘s’ with the id 4000: there is no space at its beginning\. Its word is in 2 tokens\.$/);
  assert.match(said(0, null, { ...answer, tokens: [{ ...token, isPutIn: true, special: true }] }), /it is not in your text, the tokeniser puts it in\.$/);
  assert.match(said(0, null, { ...answer, tokens: [{ ...token, special: true }] }), /a special token, which is a sign to the model and no word\.$/);
  assert.equal(said(0, null, { ...answer, tokens: [] }), "");
  assert.equal(said(0, null, null), "");
});

const embedded = (changes) => {
  const told = { words: [[0], [1], [2]], points: [0, 1, 2].map((id) => ({ token_id: id, word: id, of: null, place: [0, 0, 0], length: 1 })), cosines: [[], [0.5], [-1, 0.75]], explained: [0.5, 0.3, 0.1], width: 4 };
  const state = new EmbeddingsState();
  state.ask([{ name: "", words: ["the", "cat", "sat"] }], []);
  state.receive(told, textOf);
  return Object.assign(state, changes);
};

test("of the points the most alike pair is told, or the chosen one, and what the picture leaves out", () => {
  assert.equal(
    embeddingsCaption(embedded({})),
    "Each of the 3 points is one token: a vector of 4 numbers. ‘ cat’ and ‘ sat’ are the most alike: their cosine is 0.750, where 1 is the same direction and 0 a right angle. " +
      "The picture shows 90.0 % of their differences, so two points that seem near can be far apart.",
  );
  assert.match(embeddingsCaption(embedded({ chosen: [0, 1] })), /Between ‘ the’ and ‘ cat’, which are chosen, the cosine is 0\.500: /);
  assert.match(embeddingsCaption(embedded({ isFlat: true })), /The picture shows 80\.0 %/);
  assert.equal(embeddingsCaption(new EmbeddingsState()), "");
});

test("a single point has no pair", () => {
  const one = embedded({ points: [{ id: 0, text: "·the" }] });
  one.told.cosines = [[]];
  assert.equal(embeddingsCaption(one), "The point is one token: a vector of 4 numbers.");
});

const POSITIONS = { model: "Tiny", kind: "rotary", width: 32, head_width: 8, heads: 4, window: 64, turning: [{ name: "", frequencies: [1, 0.1] }], slopes: [], biases: [], places: [], cosines: [] };
const EXPERIMENT = {
  token_ids: [0, 1, 2], moved_ids: [1, 0, 2], runs: [{}, {}, {}, {}],
  tokens: [{ token_id: 1, probabilities: [0.1, 0.6, 0.1, 0.1] }, { token_id: 3, probabilities: [0.4, 0.04, 0.2, 0.1] }],
};

/** The caption of a way and an experiment. */
function positions(way, told = {}, changes = {}, isMasked = false) {
  const facts = { ...POSITIONS, ...told };
  const state = { way, positions: facts, experiment: null, text: TEXT, query: 2, ...changes };
  return positionsCaption(state, wayOf(way, facts, 0).cells, textOf, isMasked);
}

test("each way to know the order is told with its own numbers", () => {
  assert.match(positions("rotary"), /pair 0 is once around after 6\.3 positions/);
  assert.match(positions("sinusoidal"), /^Each row is the vector that one position adds/);
  assert.match(positions("alibi"), /16 tokens away, head 0 leaves 0\.0335 % of a weight and head 7 93\.9 %\.$/);
  const learned = { kind: "learned", places: [0, 1, 2], cosines: [[1, 0.9, 0.1], [0.9, 1, 0.5], [0.1, 0.5, 1]] };
  assert.equal(positions("learned", learned), "Each cell compares the vectors of two positions: those of 0 and 1 have the cosine 0.90, those of 0 and 2 0.10.");
  const biases = [{ name: "encoder", distances: [[-1, -1], [0, 0]], heads: [[0.5, 0], [Math.log(3), 1]] }];
  assert.match(positions("relative", { kind: "relative", biases }), /head 1 changes a score most, which multiplies a weight by 3\.0\.$/);
  assert.equal(positions("learned"), "", "a way of which nothing is drawn is not told");
});

test("the experiment tells what becomes of the most probable token", () => {
  const said = positions("rotary", {}, { experiment: EXPERIMENT });
  assert.match(said, / After ‘ sat’ the model gives 40\.0 % to ‘down’; with the same words in another order 4\.00 %, and without positions 20\.0 %\.$/);
  const short = { ...EXPERIMENT, runs: [{}, {}] };
  assert.match(positions("rotary", {}, { experiment: short }, true), / In the place of ‘ sat’ the model gives 40\.0 % to ‘down’, and with the same words in another order 4\.00 %\.$/);
  assert.doesNotMatch(positions("rotary", {}, { experiment: { ...EXPERIMENT, moved_ids: [0, 1, 2] } }), /After/, "nothing was moved");
});

/** The caption of layers in which the final word has these ranks. */
function layers(ranks, layer, text = TEXT) {
  const made = ranks.map((rank) => ({ rank_of_final: rank, top: [[rank === 1 ? 3 : 0, 0.5]] }));
  return layersCaption({ text, query: 1, column: { watched: [3], layers: made }, layer }, textOf);
}

test("the lens tells the model's word, since when it is first, and what the chosen layer says", () => {
  assert.equal(layers([9, 1, 4, 1, 1], 4), "After ‘ cat’ the model’s own guess is ‘down’, with 50.0 %. That stands in the first place from layer 3 of 4 on.");
  assert.match(layers([9, 1, 4, 1, 1], 2), / If the model ended after layer 2, it would say ‘ the’ with 50\.0 %; the final word has rank 4 there\.$/);
  assert.match(layers([9, 1, 4, 1, 1], 3), / If the model ended after layer 3, it would say the same, with 50\.0 %\.$/);
  assert.match(layers([9, 1, 4, 2, 1], 4), / No earlier layer has that in the first place\.$/);
  assert.match(layers([1, 1, 1], 2), / The vector says so from the beginning, before any layer has run\.$/);
  assert.match(layers([2, 1, 1], 2, new Text("b", [0, 1], textOf, 2, false, [], [1])), /^In the place of ‘ cat’ the model’s own guess is ‘down’/);
  assert.equal(layersCaption({ text: TEXT, query: 1, column: null, layer: 0 }, textOf), "");
});

/** The caption of logits under settings. */
function word(logits, settings = {}) {
  const row = sortRow(Float32Array.from(logits));
  return wordCaption({ row, shape: reshape(row, momentOf([1]), settings) }, textOf);
}

test("the table tells the largest logit, how far the next one is behind, and what the settings make of it", () => {
  assert.equal(
    word([2, 1, 0, -1]),
    "The model gives a score, the logit, to each of 4 tokens: the largest, 2.00, goes to ‘ the’, and the softmax makes 64.4 % of it. " +
      "‘ cat’ has 1.00 less, which makes it 2.7 times less probable: 23.7 %. The settings leave that as it is.",
  );
  assert.match(word([2, 1, 0, -1], { strategy: "sample", temperature: 0.5 }), / With the settings ‘ the’ has 86\.5 %\.$/);
  assert.match(word([2, 2, 0, -1]), / has the same score, and the same probability\./);
  assert.doesNotMatch(word([2, -Infinity, -Infinity, -Infinity]), /less/);
  assert.match(word([2, 1, 0, -1], { strategy: "sample", xtc_probability: 1, xtc_threshold: 0.2 }), / The settings remove ‘ the’\.$/);
});

/** The caption of a method's numbers. */
const why = (scores, told = {}) => whyCaption({ id: "leave_one_out", scores, parts: WORDS, token: "·down", against: null, scale: "log_probability", ...told });

test("the bars tell what helped most, and what stood in the way", () => {
  assert.equal(
    why([Math.log(4), -Math.log(2), 0]),
    "‘ the’ helped most: without it ‘ down’ would be 4.0 times less probable. ‘ cat’ stood in its way most: without it the token would be 2.0 times more probable.",
  );
  assert.match(why([1, 2, 0]), /^‘ cat’ helped most: .* No part stood in its way\.$/);
  assert.match(why([-1, 0, 0]), /^Leave one out finds no part of the text that helped ‘ down’\. ‘ the’ stood in its way most: /);
  assert.equal(why([0.001, -0.001]), "By this measure no part of the text did anything for ‘ down’.");
});

test("other methods and scores give numbers, and no probabilities", () => {
  assert.equal(why([2, -1], { scale: "logit" }), "Leave one out says that ‘ the’ raised the logit of ‘ down’ most, by 2.00. ‘ cat’ stood in its way most: −1.00.");
  assert.match(why([2, 0], { id: "gradient_x_input" }), /^Gradient × input says that ‘ the’ raised the log-probability of ‘ down’ most, by 2\.00 nats\./);
  assert.match(why([2, 0], { against: "·up" }), /^Leave one out says that ‘ the’ did most for ‘ down’ rather than ‘ up’: 2\.00\./);
});
