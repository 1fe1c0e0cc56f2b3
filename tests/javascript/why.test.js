/** Tests the pane Why: what it asks and shows, whether methods agree, what Patching says, and the search for a token. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { agreement, endOfAxis, furthest, rankCorrelation, shade, signed, topOf } from "../../assets/inside/why/agreement.js";
import { saturated } from "../../assets/inside/why/method_card.js";
import { METHODS } from "../../assets/inside/why/methods.js";
import { PatchState, patchedLogprob, shareWords, strongest } from "../../assets/inside/why/patch_state.js";
import { beginning, numberOf, partsOf } from "../../assets/inside/why/parts.js";
import { AUTO_TOKENS, WhyState } from "../../assets/inside/why/state.js";
import { counted } from "../../assets/inside/why/patch_texts.js";
import { find } from "../../assets/inside/why/token_pick.js";
import { resultOf } from "../../assets/inside/why/told_lines.js";
import { Text } from "../../assets/inside/text.js";

const CANDIDATES = { next: { token_id: 4, probability: 0.1 }, top: [{ token_id: 9, probability: 0.6 }, { token_id: 4, probability: 0.1 }] };
const ANSWER = { spans: [[0, 1], [1, 3]], scores: [1, -2], value: -1, baseline: "", baseline_value: null, completeness_error: null };

function asked() {
  const state = new WhyState();
  state.turn("text", 3);
  state.know(CANDIDATES);
  return state;
}

test("the next token is explained, or the most probable one at the text's end, or the one that was chosen", () => {
  const state = asked();
  assert.equal(state.target, 4);
  state.know({ ...CANDIDATES, next: null });
  assert.equal(state.target, 9);
  state.ask({ chosen: 77 });
  assert.equal(state.target, 77);
  state.turn("text", 4);
  assert.equal(state.question, null, "the candidates of the new place are not there");
  assert.equal(state.chosen, 77, "the reader's choice stays with the text");
  state.turn("another", 4);
  assert.equal(state.chosen, null);
});

test("a token is not compared with itself", () => {
  const state = asked();
  state.ask({ against: 9 });
  assert.deepEqual([state.question.target, state.question.against], [4, 9]);
  state.ask({ chosen: 9 });
  assert.equal(state.question.against, null);
});

test("another question makes all methods wait, and another option only its own", () => {
  const state = asked();
  for (const { id } of METHODS) state.settle(id, ANSWER);
  state.toggle("integrated_gradients", true);
  assert.deepEqual(state.waiting, [], "what is answered is not asked again");
  state.turnHow("zero");
  assert.deepEqual(state.waiting, ["leave_one_out"]);
  state.turnSteps(100);
  assert.deepEqual(state.waiting, ["leave_one_out", "integrated_gradients"]);
  assert.deepEqual(state.answers.map(({ id }) => id), ["gradient_x_input"]);
  state.ask({ scale: "logit" });
  assert.equal(state.waiting.length, 3);
  assert.equal(state.question.scale, "logit");
});

test("what runs waits again when something else is asked, and a stopped one rests", () => {
  const state = asked();
  state.begin("leave_one_out");
  state.tell("leave_one_out", 2, 8);
  assert.deepEqual([state.run("leave_one_out").done, state.waiting], [2, ["gradient_x_input"]]);
  state.interrupt();
  assert.equal(state.waiting[0], "leave_one_out");
  state.stop("leave_one_out");
  state.interrupt();
  assert.deepEqual(state.waiting, ["gradient_x_input"]);
  state.fail("gradient_x_input", "It went wrong.");
  assert.equal(state.run("gradient_x_input").error, "It went wrong.");
});

test("on a long text only the short method begins by itself", () => {
  const state = new WhyState();
  state.turn("text", AUTO_TOKENS);
  state.know(CANDIDATES);
  assert.deepEqual(state.waiting, ["gradient_x_input"]);
});

test("a rank correlation compares orders, and equal numbers share a rank", () => {
  assert.equal(rankCorrelation([1, 2, 3], [10, 20, 300]), 1);
  assert.equal(rankCorrelation([1, 2, 3], [3, 2, 1]), -1);
  assert.ok(Math.abs(rankCorrelation([1, 1, 2], [1, 2, 3]) - 0.866) < 0.001);
  assert.equal(rankCorrelation([1, 1], [1, 2]), null);
});

test("the sentence names what each method puts first, and says that none is the explanation", () => {
  const one = { name: "One", scores: [3, 1, 2] };
  const alike = agreement([one, { name: "Two", scores: [30, 10, 20] }], ["a", "<b>", "c"]);
  assert.match(alike, /All methods name “a”.*ρ = \+1\.00.*No method is “the” explanation/);
  const parted = agreement([one, { name: "Two", scores: [1, 9, 2] }], ["a", "<b>", "c"]);
  assert.match(parted, /disagree on what helped most: One names “a”, Two names “<b>”/);
  assert.equal(topOf([-3, -1, -2]), 1);
});

test("a shade tells the sign and the size", () => {
  assert.deepEqual([-2, -1, -0.1, 0, 0.1, 1, 2].map((score) => shade(score, 2)), [0, 1, 3, 3, 3, 5, 6]);
  assert.equal(shade(0, 0), 3);
  assert.equal(furthest([1, -4, 2]), 4);
  assert.deepEqual([1.254, -0.4, -0.001].map((number) => signed(number)), ["+1.25", "−0.40", "0.00"]);
});

test("an axis of small numbers does not end at 0.00", () => {
  assert.deepEqual([1.254, -0.4, -0.001, 7.2e-6, 0].map(endOfAxis), ["+1.25", "−0.40", "−1.00 · 10⁻³", "+7.20 · 10⁻⁶", "0.00"]);
});

test("numbers near 0 are explained only for a token that is nearly certain, on the scale that is flat there", () => {
  const [certain, likely] = [-1e-5, Math.log(0.9)];
  assert.match(saturated({ scores: [1e-6, -2e-6], value: certain }, "nats"), /nearly 100 %.*Set Score to logit/);
  assert.equal(saturated({ scores: [1e-6, 9.35], value: certain }, "nats"), "");
  assert.equal(saturated({ scores: [1e-6, -2e-6], value: likely }, "nats"), "");
  assert.equal(saturated({ scores: [1e-6, -2e-6], value: certain }, "logits"), "");
});

test("lines of progress come in any pieces, and an error is thrown", async () => {
  const streamOf = (...pieces) => new Blob(pieces).stream();
  const told = [];
  const tell = (...news) => told.push(news);
  assert.deepEqual(await resultOf(streamOf('{"done": 1, "o', 'f": 2}\n{"done": 2, "of": 2}\n{"result"', ': [3]}\n'), tell), [3]);
  assert.deepEqual(told, [[1, 2], [2, 2]]);
  await assert.rejects(resultOf(streamOf('{"error": "No."}\n'), tell), /^Error: No\.$/);
  await assert.rejects(resultOf(streamOf('{"done": 1, "of": 2}\n'), tell), /ended before it was done/);
});

test("texts can be patched when they have equally many tokens and differ", () => {
  const state = new PatchState();
  assert.equal(state.isReady, false);
  state.know({ clean: [1, 2, 3], corrupted: [1, 5, 3], mended: null, most: 64 });
  assert.deepEqual([state.isReady, state.firstDifference], [true, 1]);
  state.know({ clean: [1, 2, 3], corrupted: [1, 2, 3], mended: null, most: 64 });
  assert.equal(state.isReady, false);
  state.know({ clean: [1, 2, 3], corrupted: [1, 2], mended: null, most: 64 });
  assert.deepEqual([state.isReady, state.isEven], [false, false]);
});

test("what to do with two texts is a sentence", () => {
  const told = (clean, corrupted, mended = null) => {
    const state = new PatchState();
    state.know({ clean, corrupted, mended, most: 4 });
    return counted(state);
  };
  assert.match(told([], [1]), /Write two texts/);
  assert.match(told([1], [1]), /are the same/);
  assert.match(told([1], [2]), /Both texts have 1 token\./);
  assert.match(told([1, 2, 3], [1]), /3 and 1 tokens.*The clean text has 2 tokens more.*or shorten one/);
  assert.match(told([1], [1, 2], ["a", "b"]), /The corrupted text has 1 token more.*or fill the shorter text up/);
  assert.match(told([1, 2, 3, 4, 5], [1]), /takes at most 4/);
});

test("another text or answer takes the map away", () => {
  const state = new PatchState();
  state.know({ clean: [1, 2], corrupted: [1, 3], mended: null, most: 64 });
  state.settle({ ids: [[1, 2], [1, 3]], answer: 7, clean: -1, corrupted: -3, recovered: [[0, 0.5], [0.25, 1]] });
  const { recovered } = state.patches;
  assert.deepEqual(strongest(recovered), [1, 0], "most came back there, before the last position");
  assert.deepEqual(strongest(recovered, true), [1, 1]);
  assert.equal(patchedLogprob(state.patches, recovered[0][1]), -2);
  state.turnAnswer(8);
  assert.deepEqual([state.patches, state.state, state.isReady], [null, "waits", true]);
  state.write("a", "b");
  assert.deepEqual([state.pair, state.answer], [null, null]);
});

test("a share is told in percent", () => {
  assert.deepEqual([0, 0.0123, 0.999, 1.01, -0.02, -0.0001].map(shareWords), ["0.0 %", "1.2 %", "100 %", "101 %", "−2.0 %", "0.0 %"]);
  assert.deepEqual(strongest([[0.1]]), [0, 0]);
});

test("a token is found by a part of its text, the equal one first", () => {
  const vocabulary = ["·Romeo", "Rome", "·Rome", "chrome", "·Paris", "·rome"];
  assert.deepEqual(find(vocabulary, "Rome").map((token) => vocabulary[token]), ["Rome", "·Rome", "·rome", "·Romeo", "chrome"]);
  assert.deepEqual(find(vocabulary, " "), []);
});

test("the parts of a source come before those of the text, and each side is named where it begins", () => {
  const text = new Text("id", [1, 2, 3], (id) => `t${id}`, 1, false, [7, 8]);
  const answer = { source_spans: [[0, 1], [1, 2]], spans: [[1, 3]], scores: [1, 2, 3] };
  const parts = partsOf(answer, text);
  assert.deepEqual(parts.map(({ name }) => name), ["t7", "t8", "t2t3"]);
  assert.deepEqual(parts.map(numberOf), ["source 1", "source 2", "written 1"]);
  assert.deepEqual(parts.map((_, place) => beginning(parts, place) !== ""), [true, false, true]);
  const alone = partsOf({ source_spans: [], spans: [[0, 1]] }, text);
  assert.deepEqual([numberOf(alone[0]), beginning(alone, 0)], ["1", ""]);
});

test("the tokens of a source count as much as those of the text for how long a method takes", () => {
  const state = new WhyState();
  state.turn("id", 3, 4 + AUTO_TOKENS);
  state.know({ next: { token_id: 1, probability: 1 }, top: [{ token_id: 1, probability: 1 }] });
  assert.deepEqual(state.waiting, ["gradient_x_input"]);
});
