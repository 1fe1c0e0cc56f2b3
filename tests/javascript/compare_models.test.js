/** Tests Compare models: how two tokenisations and two distributions are aligned, where texts part, and the tab's state. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { align, bothScored } from "../../assets/compare_models/alignment.js";
import { matchedById, matchedByText } from "../../assets/compare_models/matched.js";
import { State } from "../../assets/compare_models/state.js";
import { partingOf, placed, textTokens } from "../../assets/compare_models/texts.js";

/** Returns tokens that lie end to end. */
function tokens(...sizes) {
  let end = 0;
  return sizes.map((size, place) => ({ start: end, end: (end += size), nats: -1 - place }));
}

test("a piece ends where a token of both ends, and has the log-probabilities of its tokens added", () => {
  const pieces = align(tokens(2, 3, 1, 4), tokens(2, 1, 3, 4));
  assert.deepEqual(pieces.map(({ start, end }) => [start, end]), [[0, 2], [2, 6], [6, 10]]);
  assert.deepEqual(pieces[1].one, [1, 3]);
  assert.deepEqual(pieces[1].sums.map(({ nats }) => nats), [-2 - 3, -2 - 3]);
});

test("no piece ends within a character that several tokens share", () => {
  const shared = [{ start: 0, end: 1, nats: null }, { start: 1, end: 2, nats: -1 }, { start: 1, end: 2, nats: -2 }, { start: 2, end: 3, nats: -3 }];
  const pieces = align(shared, tokens(1, 1, 1));
  assert.deepEqual(pieces.map(({ one }) => one), [[0, 1], [1, 3], [3, 4]]);
  assert.equal(pieces[1].sums[0].nats, -3);
});

test("a token without text belongs to the piece after it, and at the end to the last one", () => {
  const framed = [{ start: 0, end: 0, nats: null }, { start: 0, end: 2, nats: -1 }, { start: 2, end: 4, nats: -2 }, { start: 4, end: 4, nats: -8 }];
  const pieces = align(framed, tokens(2, 2));
  assert.deepEqual(pieces.map(({ one }) => one), [[0, 2], [2, 4]]);
  assert.deepEqual(pieces.map(({ sums }) => sums[0]), [{ nats: -1, isWhole: false }, { nats: -10, isWhole: true }]);
});

test("text that a tokeniser leaves out stands in a piece with its neighbour", () => {
  const gap = [{ start: 0, end: 1, nats: -1 }, { start: 3, end: 4, nats: -2 }];
  const pieces = align(gap, tokens(1, 2, 1));
  assert.deepEqual(pieces.map(({ start, end, one, other }) => [start, end, one, other]), [[0, 1, [0, 1], [0, 1]], [1, 4, [1, 2], [1, 3]]]);
});

test("no piece ends behind the limit, and only pieces that both score are counted", () => {
  assert.deepEqual(align(tokens(2, 2, 2), tokens(2, 2, 2), 5).map(({ end }) => end), [2, 4]);
  const first = [{ start: 0, end: 2, nats: null }, { start: 2, end: 5, nats: -4 }];
  assert.deepEqual(bothScored(align(first, tokens(2, 3))), { nats: [-4, -2], size: 3 });
});

const side = (words, texts, stop_reason = "length") => ({
  textOf: (id) => words[id],
  trace: {
    header: {},
    latest: { stop_reason },
    isRunning: stop_reason === null,
    last: texts.length - 1,
    steps: texts.map((token_id, index) => ({ index, token_id, raw_probability: 0.5 })),
  },
});
const WORDS = ["·a", "·the", "·th", "e", "‹eos›"];

test("where two texts of one vocabulary part", () => {
  const [one, other] = [side(WORDS, [0, 1, 0]), side(WORDS, [0, 2, 0])];
  assert.deepEqual(partingOf(one, other, true), { bytes: 2, steps: [1, 1] });
  assert.equal(partingOf(one, one, true), null);
  assert.equal(partingOf(one, side(WORDS, [0, 1], null), true), null);
  assert.deepEqual(partingOf(one, side(WORDS, [0, 1]), true), { bytes: 6, steps: [2, 2] });
});

test("where two texts of different tokens part", () => {
  const one = side(WORDS, [1, 0]); // " the a"
  assert.equal(partingOf(one, side(WORDS, [2, 3, 0]), false), null);
  assert.deepEqual(partingOf(one, side(WORDS, [2, 3, 1]), false), { bytes: 5, steps: [1, 2] });
  assert.deepEqual(partingOf(one, side(WORDS, [2, 3, 4], "end_token"), false), { bytes: 4, steps: [1, 2] });
  assert.equal(partingOf(one, side(WORDS, [2, 3], null), false), null);
});

test("an end token has no text", () => {
  const one = side(WORDS, [1, 4], "end_token");
  assert.deepEqual(placed(one).map(({ start, end }) => [start, end]), [[0, 4], [4, 4]]);
  assert.deepEqual(textTokens(one.trace), [1]);
});

test("two distributions of one vocabulary are compared by id", () => {
  const shares = [Float64Array.of(0.5, 0.25, 0.25), Float64Array.of(0.25, 0.25, 0.5)];
  const { entries, klBits, totalVariation, inBoth, of } = matchedById(shares, (id) => WORDS[id]);
  assert.deepEqual([klBits, totalVariation, inBoth, of], [[0.25, 0.25], 0.25, 3, 3]);
  assert.deepEqual(entries.map(({ text }) => text), ["·a", "·th", "·the"]);
});

test("two distributions of different vocabularies are compared by the texts of the tokens", () => {
  const shares = [Float64Array.of(0.5, 0.5), Float64Array.of(0.25, 0.25, 0.5)];
  const texts = [["x", "y"], ["y", "y", "z"]];
  const matched = matchedByText(shares, texts.map((words) => (id) => words[id]));
  assert.equal(matched.klBits, null);
  assert.equal(matched.totalVariation, 0.5);
  assert.deepEqual(matched.entries.find(({ text }) => text === "y").shares, [0.5, 0.5]);
  assert.deepEqual([matched.inBoth, matched.of], [1, 2]);
});

test("the ten most probable tokens of each are shown", () => {
  const falling = Float64Array.from({ length: 30 }, (_, id) => 30 - id);
  const { entries, inBoth } = matchedById([falling, falling.toReversed()], String);
  assert.deepEqual([entries.length, inBoth], [20, 0]);
});

test("the run ends with its last column, and news of an earlier run is not taken", () => {
  const state = new State(["a", "b", "c"]);
  assert.deepEqual(state.chosen, ["a", "b"]);
  state.choose(["a", "c"]);
  state.begin();
  state.look(3);
  assert.equal(state.isNews({ run: state.run }), true);
  state.endColumn(0);
  state.endColumn(0);
  assert.equal(state.isRunning, true);
  state.endColumn(1);
  assert.equal(state.canRun, true);
  const { run } = state;
  state.begin();
  assert.deepEqual([state.isNews({ run }), state.step, state.models], [false, 0, ["a", "c"]]);
});

test("at most four models may be chosen, and at least two run", () => {
  const state = new State(["a", "b", "c", "d", "e"]);
  state.choose(["a", "b", "c", "d", "e"]);
  assert.deepEqual(state.chosen, ["a", "b", "c", "d"]);
  assert.deepEqual(["d", "e"].map((name) => state.canChoose(name)), [true, false]);
  state.choose(["a"]);
  assert.equal(state.canRun, false);
});

test("beside the buttons stands what the reader has to do, then what was told, until the next run", () => {
  const state = new State(["a", "b", "c"]);
  state.tell("The link is copied.");
  state.choose(["a"]);
  assert.equal(state.status, "Choose 1 more model.");
  state.choose(["a", "b"]);
  assert.equal(state.status, "The link is copied.");
  state.begin();
  assert.equal(state.status, "running");
  state.fail("The server does not answer.");
  assert.deepEqual([state.status, state.notice], ["", "The server does not answer."]);
});

test("of links that follow each other only the last one counts", () => {
  const state = new State(["a", "b"]);
  const [first, second] = [state.follow(), state.follow()];
  assert.deepEqual([first, second].map((link) => state.isLatestLink(link)), [false, true]);
});
