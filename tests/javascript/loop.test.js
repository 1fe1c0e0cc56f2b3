/** Tests what the strip of an encoder–decoder's loop says of a step. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Trace } from "../../assets/common/trace.js";
import { loopOf, loopSentence, meaningOfEnds } from "../../assets/decode/loop.js";
import { sortRow } from "../../assets/distribution/row.js";
import { OFF } from "../../assets/distribution/settings.js";

const WORDS = ["<pad>", "</s>", "·J'", "aime", "·I", "·love"];
const FACTS = { source_width: 192, special_ids: [0, 1] };
const textOf = (id) => WORDS[id];
const step = (index, token_id, others = {}) => ({ index, token_id, probability: 1, raw_probability: 1, ...others });

function traceOf(steps, stop_reason = "end_token") {
  const header = { model: "fr", prompt_ids: [0], source_ids: [2, 3, 1], settings: OFF, vocabulary_size: 6 };
  return new Trace({ trace_id: "t", first: 0, header, steps, waiting: null, stop_reason, first_token_seconds: null, tokens_per_second: null, error: null });
}

const row = sortRow(Float32Array.from([0, 0, 0, 0, Math.log(5), Math.log(10)])); // weights 1, 1, 1, 1, 5, 10

test("the first step reads the start token, and the top token is that of the model, chosen or not", () => {
  const trace = traceOf([step(0, 4), step(1, 5), step(2, 1)]);
  const loop = loopOf(trace, trace.steps[0], row, textOf, FACTS);
  assert.deepEqual([loop.source, loop.tokens, loop.shape], ["J'aime", 3, "3 × 192"]);
  assert.deepEqual([loop.reads, loop.isStart, loop.top, loop.token, loop.text], ["<pad>", true, "·love", "·I", "I"]);
  assert.ok(Math.abs(loop.share - 10 / 19) < 1e-6);
  assert.equal(
    loopSentence(loop),
    "Once: the encoder reads the 3 tokens of “J'aime”, and its output has the shape 3 × 192. Step 1 of 3: the decoder reads " +
      "the start token “<pad>”, the softmax gives “·love” 52.6 %, and “·I” is chosen. It is fed back to the decoder. The text so far is “I”.",
  );
});

test("a later step reads the token before, and the end token ends the text without being a part of it", () => {
  const trace = traceOf([step(0, 4), step(1, 5), step(2, 1)]);
  const loop = loopOf(trace, trace.steps[2], row, textOf, FACTS);
  assert.deepEqual([loop.reads, loop.isStart, loop.isEnd, loop.text, loop.of], ["·love", false, true, "I love", 3]);
});

test("the last step of a text that was cut does not end it, and a given token is not called chosen", () => {
  const trace = traceOf([step(0, 4), step(1, 5, { forced: true })], "length");
  const loop = loopOf(trace, trace.steps[1], row, textOf, {});
  assert.deepEqual([loop.isEnd, loop.isGiven, loop.shape], [false, true, "3"]);
  assert.match(loopSentence(loop), /“·love” is given. It is fed back/);
});

test("a text that grows does not say of how many steps it is", () => {
  const trace = traceOf([step(0, 4)], null);
  assert.equal(loopOf(trace, trace.steps[0], row, textOf, FACTS).of, null);
});

test("the start token and the end token are explained, in one sentence each, and together where they are one", () => {
  const { header } = traceOf([step(0, 4)]);
  const [start, end] = [...meaningOfEnds(header, textOf, FACTS)];
  assert.deepEqual([start[0], end[0]], ["<pad>", "</s>"]);
  assert.match(start[1], /^The start token: /);
  assert.match(end[1], /^The end token: /);
  const one = [...meaningOfEnds({ ...header, prompt_ids: [1] }, textOf, FACTS)];
  assert.deepEqual(one, [["</s>", `${start[1]} ${end[1]}`]]);
  assert.deepEqual([...meaningOfEnds(header, textOf, { ...FACTS, languages: ["fr"] })], [start], "its last token may be a language");
  assert.deepEqual([...meaningOfEnds(header, textOf, {})], [start], "of a text from a file");
});
