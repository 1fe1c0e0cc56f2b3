/** Tests how the answers of a class become tokens, rows beside the model's distribution, and a score in bits. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { answeredTokens } from "../../assets/class/answered.js";
import { choiceRows, tenthRows, tokenRows } from "../../assets/class/histogram_rows.js";
import { bestScores, scoreOf } from "../../assets/class/score.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { ofToken, tokenOf } from "../../assets/lesson/outcome.js";
import { near } from "./near.js";

const WORDS = [" stars", " light", "stars", " the", " fire"];
const LOGITS = Float32Array.from([0.5, 0.25, 0.125, 0.0625, 0.0625], Math.log);
const ROW = sortRow(LOGITS);
const SAMPLE = { strategy: "sample", temperature: 1, top_k: 0 };
const shapeOf = (settings = {}) => reshape(ROW, momentOf([0]), { ...SAMPLE, ...settings });
const idOf = (text) => (WORDS.includes(text) ? WORDS.indexOf(text) : null);
const told = (results) => answeredTokens(results, idOf, (id) => shapeOf().rawProbability(id));
const textOf = (id) => WORDS[id];

test("a typed word is the most probable of its spellings", () => {
  const shareOf = (token) => ({ " stars": 0.5, stars: 0.125, the: 0.2, " the": 0.1 })[token] ?? null;
  assert.deepEqual(["stars", " stars", "the", "moon"].map((typed) => tokenOf(typed, shareOf)), [" stars", " stars", "the", undefined]);
  assert.match(ofToken("the", " stars", shareOf).says, /You: “the” with 20\.0 %/);
});

test("answers that mean one token are one answer, and what is no token keeps its text", () => {
  const answered = told([{ answer: "stars", count: 2 }, { answer: "<b>moon</b> ", count: 3 }, { answer: " stars", count: 2 }, { answer: "light", count: 1 }]);
  assert.deepEqual(answered, [
    { text: " stars", id: 0, count: 4 },
    { text: "<b>moon</b>", id: null, count: 3 },
    { text: " light", id: 1, count: 1 },
  ]);
});

test("the score is the mean surprisal of the answers that are tokens, under the model's own distribution", () => {
  const score = scoreOf(told([{ answer: "stars", count: 2 }, { answer: "light", count: 1 }, { answer: "fire", count: 1 }, { answer: "moon", count: 5 }]), shapeOf({ temperature: 0.1, top_k: 2 }));
  near(score.bits, (2 * 1 + 2 + 4) / 4);
  assert.deepEqual([score.scored, score.impossible, score.cut], [4, 0, 1]);
  assert.deepEqual(score.noTokens, [{ text: "moon", id: null, count: 5 }]);
});

test("an answer that the model itself rules out has no surprisal, and is counted", () => {
  const row = sortRow(Float32Array.from([0, -Infinity]));
  const score = scoreOf([{ text: "b", id: 1, count: 2 }], reshape(row, momentOf([0]), SAMPLE));
  assert.deepEqual(score, { bits: null, scored: 0, noTokens: [], impossible: 2, cut: 0 });
});

test("the best scores are the model's entropy and the surprisal of its most probable token", () => {
  const { entropy, least } = bestScores(ROW);
  near([entropy, least], [0.5 + 0.5 + 0.375 + 0.25 + 0.25, 1]);
});

test("the rows are tokens of the class and of the model, by the model's probability, and the rest is last", () => {
  const answered = told([{ answer: "fire", count: 3 }, { answer: "moon", count: 1 }]);
  const rows = tokenRows(answered, shapeOf(), textOf, 1, 3);
  assert.deepEqual(rows.map(({ text, count }) => [text, count]), [[" stars", 0], [" light", 0], [" fire", 3], ["", 1]]);
  near(rows.map(({ model }) => model), [0.5, 0.25, 0.0625, 0.1875]);
  near(rows.map(({ share }) => share), [0, 0, 0.75, 0.25]);
  assert.deepEqual(rows.map(({ isRest }) => isRest), [false, false, false, true]);
  assert.deepEqual(rows.map(({ isMarked }) => isMarked), [false, true, false, false]);
});

test("a token that the settings removed keeps its answers, and nothing is left for a rest", () => {
  const rows = tokenRows(told([{ answer: "fire", count: 3 }]), shapeOf({ top_k: 1 }), textOf);
  assert.deepEqual(rows.map(({ text, count, model }) => [text, count, model]), [[" stars", 0, 1], [" fire", 3, 0]]);
});

test("choices stand in their order, and the right one is marked", () => {
  const rows = choiceRows([{ answer: "It grows.", count: 3 }, { answer: "It shrinks.", count: 1 }], ["It shrinks.", "It grows."], "It grows.");
  assert.deepEqual(rows.map(({ text, count, share, isMarked }) => [text, count, share, isMarked]), [["It shrinks.", 1, 0.25, false], ["It grows.", 3, 0.75, true]]);
});

test("guesses of a bar stand in tenths, and the model's value marks its own", () => {
  const written = (lower) => `from ${lower}`;
  const rows = tenthRows([{ answer: 0.2, count: 2 }, { answer: 0.9, count: 1 }], 0.26, written);
  assert.deepEqual(rows.filter(({ count }) => count).map(({ text, count }) => [text, count]), [["from 0.2", 2], ["from 0.9", 1]]);
  assert.deepEqual(rows.filter(({ isMarked }) => isMarked).map(({ text }) => text), ["from 0.2"]);
  assert.equal(rows.length, 10);
  assert.equal(tenthRows([], 1, written)[9].isMarked, true);
});
