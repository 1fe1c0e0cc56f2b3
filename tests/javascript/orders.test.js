/** Tests how far two orders are apart, against values computed by hand, and what the page says of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { alikeInWords, areAlike, differenceInWords, measuresInWords, nameOfOrder, whyInWords } from "../../assets/decode/orders_words.js";
import { apart, chosenTokens } from "../../assets/distribution/apart.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { near } from "./near.js";

const NAMES = ["transformers", "llama.cpp"];
const WORDS = ["·Paris", "·the", "·a", "·Rome"];
const textOf = (id) => WORDS[id];
const DRAWN = { strategy: "sample", draw: 0.95 };
const FIRST = sortRow(Float32Array.from([0.5, 0.3, 0.2], Math.log));
const TYPICAL = { strategy: "sample", temperature: 2, top_p: 0.75 };

/** The two orders on one row. */
function under(settings, row = FIRST, orders = NAMES) {
  const shapes = orders.map((order) => reshape(row, momentOf([]), { strategy: "sample", ...settings, order }));
  return { shapes, names: orders.map(nameOfOrder), apart: apart(shapes) };
}

test("a cut before the temperature: temperature 2 makes .415, .322 and .263 of .5, .3 and .2, so that top-p .75 keeps three", () => {
  const { shapes, apart: found } = under(TYPICAL);
  assert.deepEqual(shapes.map(({ kept }) => kept), [3, 2]);
  assert.deepEqual(found.lone, [[2], []]);
  const roots = [0.5, 0.3, 0.2].map(Math.sqrt);
  const removed = roots[2] / (roots[0] + roots[1] + roots[2]);
  near(found.loneShares, [removed, 0]);
  near(found.totalVariation, removed);
  near(found.klBits[1], -Math.log2(1 - removed));
  assert.equal(found.klBits[0], Infinity);
});

test("what differs is said with the numbers, and the random number of the step on both", () => {
  assert.deepEqual(differenceInWords(under(TYPICAL), textOf, DRAWN), [
    "In transformers, temperature comes before top-p; in llama.cpp, after it.",
    "So llama.cpp keeps 2 tokens where transformers keeps 3.",
    "Only transformers can draw “·a”: 26.3 % of its draws.",
    "The same random number, u\u00a0=\u00a00.950, picks “·a” in transformers and “·the” in llama.cpp.",
  ]);
  assert.deepEqual(measuresInWords(under(TYPICAL)), {
    measures: "KL(transformers ‖ llama.cpp) = ∞ · KL(llama.cpp ‖ transformers) = 0.44 bits · total variation 26.3 %",
    why: "KL is infinite because transformers keeps 1 token that llama.cpp removes.",
  });
});

test("why the order matters is said with what the first cut meets in either order", () => {
  const said = whyInWords(under(TYPICAL));
  assert.match(said, /^Top-p keeps the fewest most probable tokens whose probabilities sum to p or more\. /);
  assert.match(said, /In transformers it meets 3 tokens, the most probable of which has 41\.5 %, and leaves 3; /);
  assert.match(said, /in llama\.cpp it meets 3 tokens, the most probable of which has 50\.0 %, and leaves 2\. /);
});

test("where a cut leaves other tokens, but the same are left in the end, it says that too", () => {
  const two = under({ top_k: 2, min_p: 0.9 }, FIRST, ["transformers", "vllm"]);
  assert.deepEqual(two.shapes.map(({ kept }) => kept), [1, 1]);
  const said = whyInWords(two);
  assert.match(said, /and leaves 2; in vLLM it meets 1 token, .* and leaves 1\. At this step the same tokens are left in the end; /);
});

test("a prompt's token was not drawn, and greedy takes the most probable one of both", () => {
  const told = (choice) => differenceInWords(under(TYPICAL), textOf, choice).at(-1);
  assert.match(told({ strategy: "sample", draw: null }), /^Only transformers/);
  assert.equal(told({ strategy: "greedy", draw: null }), "The most probable token is “·Paris” in both.");
});

test("temperature and top-k may change their places: the page says why nothing changes", () => {
  const two = under({ temperature: 0.5, top_k: 2 });
  assert.deepEqual([areAlike(two.shapes), two.apart.klBits], [false, [0, 0]]);
  assert.deepEqual(differenceInWords(two, textOf, { strategy: "sample", draw: 0.1 }), [
    "In transformers, temperature comes before top-k; in llama.cpp, after it.",
    "Here that makes no difference: both keep the same 2 tokens, with the same probabilities. " +
      "Top-k only counts tokens, and temperature does not change which are the most probable.",
    "The same random number, u\u00a0=\u00a00.100, picks “·Paris” in both.",
  ]);
});

test("the stage that passes the most others is named, whichever order has it first", () => {
  const settings = { temperature: 2, top_k: 3, top_p: 0.75, min_p: 0.1 };
  const first = (orders) => differenceInWords(under(settings, FIRST, orders), textOf, DRAWN)[0];
  assert.equal(first(["llama.cpp", "transformers"]), "In transformers, temperature comes before top-k, top-p and min-p; in llama.cpp, after them.");
  assert.equal(first(["transformers", "vllm"]), "In vLLM, min-p comes before top-k and top-p; in transformers, after them.");
  assert.equal(first(["transformers", ["top_p", "top_k"]]), "In transformers, temperature comes before top-k and top-p; in your own order, after them.");
});

for (const [settings, said] of [
  [{}, "Both orders do the same: no stage is on."],
  [{ temperature: 0.8 }, "Both orders do the same: only temperature is on."],
  [{ strategy: "greedy", temperature: 0.8, top_p: 0.9 }, "Both orders do the same: greedy looks only at penalties, and none is on."],
  [{ strategy: "beam", top_p: 0.9 }, "Both orders do the same: beam search looks only at penalties, and none is on."],
  [{ top_k: 3, top_p: 0.9 }, "Both orders do the same: they run the stages that are on in one sequence, top-k → top-p."],
]) {
  test(`two orders that cannot differ: ${JSON.stringify(settings)}`, () => {
    const { shapes, apart: found } = under(settings);
    assert.ok(areAlike(shapes));
    assert.equal(alikeInWords(shapes[0], { strategy: "sample", ...settings }), said);
    assert.deepEqual([found.klBits, found.totalVariation], [[0, 0], 0]);
  });
}

test("a stage that an engine runs in place of others is said to be there instead of them", () => {
  const two = under({ temperature: 2, top_p: 0.75, mirostat: 2, mirostat_tau: 1.2 });
  assert.equal(differenceInWords(two, textOf, DRAWN)[0], "In llama.cpp, Mirostat takes the place of top-p.");
  assert.match(whyInWords(two), /^(A stage works on|Mirostat )/);
});

test("a token that is kept counts as kept although float64 has no number for its probability", () => {
  const row = sortRow(Float32Array.from([0, -1, -50, -60]));
  const { apart: found, shapes } = under({ temperature: 0.05, top_k: 3 }, row);
  assert.equal(shapes[0].probability(2), 0);
  assert.deepEqual(found.lone, [[], []]);
  near(found.klBits, [0, 0]);
});

test("the tokens that are drawn are the most probable ones, with some that only one order keeps", () => {
  const row = sortRow(Float32Array.from({ length: 40 }, (_, id) => -id / 8));
  const { shapes, apart: found } = under({ temperature: 0.3, top_p: 0.9 }, row);
  const [few, many] = shapes.map(({ kept }) => kept);
  assert.ok(few > 5 && many > few + 3, `${few} ${many}`);
  const tokens = chosenTokens(shapes, found, 5, 2);
  assert.deepEqual(tokens.map(({ id }) => id), [0, 1, 2, few, few + 1]);
  assert.deepEqual(tokens.map(({ shares }) => shares[0] === 0), [false, false, false, true, true]);
});
