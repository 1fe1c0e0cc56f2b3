/** How the steps of a word are laid out, and what the pane Tokens shows after its actions. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { found, typed } from "../../assets/inside/tokens/matching.js";
import { Newest } from "../../assets/inside/tokens/reader.js";
import { State } from "../../assets/inside/tokens/state.js";
import { boxesAfter, joinShown, stepsOf } from "../../assets/inside/tokens/steps.js";
import { countsText } from "../../assets/inside/tokens/words.js";

const THE = { first: 2, last: 2, size: 4, merged: 3, symbols: ["·", "t", "h", "e"], spans: [[0, 4]], merges: [[0, 0], [1, 1], [0, 2]], candidates: [] };
const looks = (boxes) => boxes.map(({ text, row, look }) => `${text} ${row} ${look}`);

test("merges build the word up from its symbols", () => {
  assert.deepEqual(stepsOf("BPE", THE).map(({ cells }) => cells), [[1, "·", "t", "·t", 0], [2, "h", "e", "he", 1], [3, "·t", "he", "·the", 2]]);
  assert.deepEqual(looks(boxesAfter("BPE", THE, 0)), ["· 0 symbol", "t 0 symbol", "h 0 symbol", "e 0 symbol"]);
  assert.deepEqual(looks(boxesAfter("BPE", THE, 2)).slice(4), ["·t 1 piece", "he 1 piece"]);
  const all = boxesAfter("BPE", THE, 3);
  assert.deepEqual(looks(all).slice(4), ["·t 1 piece", "he 1 piece", "·the 2 token"]);
  assert.deepEqual([all.at(-1).from, all.at(-1).to, all.at(-1).note], [0, 4, "rank 2"]);
});

test("a symbol that nothing joins is a token at the end", () => {
  const word = { ...THE, symbols: ["t", "h", "e"], merges: [[1, 1]] };
  assert.deepEqual(looks(boxesAfter("BPE", word, 1)), ["t 0 token", "h 0 symbol", "e 0 symbol", "he 1 token"]);
});

test("bytes that form a character are shown as it", () => {
  assert.equal(joinShown("‹F0 9F›", "‹99›"), "‹F0 9F 99›");
  assert.equal(joinShown("·‹F0 9F 99›", "‹82›"), "·🙂");
  assert.equal(joinShown("‹C3›", "‹A9›"), "é");
  assert.equal(joinShown("‹E2 80›", "‹8B›"), "‹E2 80 8B›", "a space without width stays bytes");
  assert.equal(joinShown("e", "◌\u0301"), "e\u0301");
  assert.equal(joinShown("‹U+0000›", "‹F0›"), "‹U+0000›‹F0›");
});

test("WordPiece tries shorter pieces until one is there, and gives up where none is", () => {
  const word = { first: 0, last: 0, symbols: [..."unab"], spans: [[0, 2], [2, 4]], isUnknown: false };
  assert.deepEqual(stepsOf("WordPiece", word).map(({ cells }) => cells.join(" ")), ["1 unab no", "2 una no", "3 un yes", "4 ##ab yes"]);
  assert.deepEqual(looks(boxesAfter("WordPiece", word, 2)).slice(4), ["una 2 failed"]);
  assert.deepEqual(looks(boxesAfter("WordPiece", word, 4)).slice(4), ["un 1 token", "##ab 1 token"]);
  const stuck = { ...word, spans: [[0, 2]], isUnknown: true };
  assert.deepEqual(stepsOf("WordPiece", stuck).map(({ cells }) => cells[1]), ["unab", "una", "un", "##ab", "##a"]);
});

test("Unigram shows every candidate, and the best way at the end", () => {
  const candidates = [[0, 1, -1, -1, true], [0, 2, -2, -2, true], [1, 2, -1.5, -2.5, false], [2, 3, -1, -3, true]];
  const word = { first: 0, last: 1, symbols: ["a", "b", "c"], spans: [[0, 2], [2, 3]], candidates };
  assert.equal(stepsOf("Unigram", word).length, 5);
  assert.deepEqual(looks(boxesAfter("Unigram", word, 3)).slice(3), ["a 1 piece", "ab 2 piece", "b 1 lost"]);
  assert.deepEqual(looks(boxesAfter("Unigram", word, 5)).slice(3), ["a 1 lost", "ab 2 token", "b 1 lost", "c 1 token"]);
});

test("steps begin at their end, play from their beginning, and stop at their end", () => {
  const token = (id) => ({ id, shown: "x" });
  const state = new State();
  state.receive("t the", { algorithm: "BPE", tokens: [token(1), token(2), token(3)], words: [{ ...THE, first: 0, last: 1, merges: [] }, THE] });
  state.choose(2);
  assert.deepEqual([state.step, state.stepCount], [3, 3]);
  state.play();
  assert.deepEqual([state.step, state.isPlaying], [0, true]);
  for (let at = 0; at < 3; at++) state.turnStep(state.step + 1);
  assert.deepEqual([state.step, state.isPlaying], [3, false]);
  state.turnStep(1);
  assert.equal(state.choose(0), true);
  assert.deepEqual([state.step, state.stepCount], [0, 0]);
  assert.equal(state.choose(9), false, "there is no such token");
});

test("the chosen token stays while a reader types, and the last one stays the last", () => {
  const state = new State();
  const answer = (count) => ({ algorithm: "BPE", tokens: Array.from({ length: count }, (_, id) => ({ id })), words: [] });
  state.receive("a", answer(3));
  state.choose(1);
  state.receive("ab", answer(4));
  assert.equal(state.chosen, 1);
  state.choose(3);
  state.receive("abc", answer(6));
  assert.equal(state.chosen, 5);
  state.receive("", answer(0));
  assert.deepEqual([state.chosen, state.told], [0, null]);
});

test("only the newest of many questions is asked next", async () => {
  const [asked, told] = [[], []];
  let answer;
  const newest = new Newest((text) => new Promise((resolve) => {
    asked.push(text);
    answer = resolve;
  }), (text) => told.push(text), assert.fail);
  const first = newest.ask("a");
  newest.ask("ab");
  newest.ask("abc");
  assert.deepEqual(asked, ["a"]);
  answer();
  await new Promise(setImmediate);
  assert.deepEqual(asked, ["a", "abc"]);
  answer();
  await first;
  assert.deepEqual(told, ["a", "abc"]);
});

test("the vocabulary is searched as a reader types", async () => {
  const vocabulary = ["·the", "the", "‹F0 9F›", "a·b", "⏎"];
  assert.deepEqual(await found(vocabulary, "begins with", " the"), [0]);
  assert.deepEqual(await found(vocabulary, "begins with", "·the"), [0]);
  assert.deepEqual(await found(vocabulary, "contains", "he"), [0, 1]);
  assert.deepEqual(await found(vocabulary, "is no whole character", ""), [2]);
  assert.deepEqual(await found(vocabulary, "contains", ""), []);
  await assert.rejects(found(vocabulary, "regular expression", "(a"), /^Error: This is no regular expression: .*Mend it/);
  assert.equal(typed("a·b⏎"), "a b\n");
});

test("counts are told with their rates", () => {
  const counts = { tokens: 6, words: 4, characters: 24, bytes: 24 };
  assert.equal(countsText(counts), "6 tokens for 4 words and 24 characters: 1.50 tokens per word, 0.25 per character.");
  assert.equal(countsText({ tokens: 0, words: 0, characters: 0, bytes: 0 }), "0 tokens for 0 words and 0 characters.");
});
