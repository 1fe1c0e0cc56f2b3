/** Tests how a page of the lessons' site finds what was recorded: its texts, their beginnings, and the values of its measures. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const base64 = (array) => Buffer.from(array.buffer).toString("base64");
const packed = (value) => gzipSync(JSON.stringify(value)).toString("base64");

const STEP = { draw: null, probability: 0.5, kept: 1, seconds: 0, forced: false, settings: null, raw_probability: 0.5, entropy_bits: 1, rank: 1 };
const ROW = Float32Array.of(1, 2, 3, 4);
const whole = (token_id) => ({ ...STEP, token_id, ids: null, logits: base64(ROW), rest_log_sum_exp: null });
const light = (token_id) => ({ ...STEP, token_id, ids: base64(Uint32Array.of(token_id)), logits: base64(Float32Array.of(9)), rest_log_sum_exp: Math.log(3) });

/** @param {any[]} steps */
const file = (steps) =>
  packed({
    format: "decoding-playground trace",
    version: 1,
    kind: "light",
    model: "tiny",
    vocabulary_size: 4,
    dtype: "float32",
    prompt_ids: [1],
    settings: { strategy: "sample" },
    stop_reason: "end_token",
    stage_notes: [],
    tokens: {},
    steps,
  });

const settings = (more) => ({ strategy: "sample", seed: 1, max_new_tokens: 1, temperature: 1, ...more });
const told = (number, steps, more = {}) => ({ model: "tiny", prompt: "the", settings: settings(more), steps, isWhole: steps === 1, file: `texts/${number}` });
const TOLD = [told(0, 1), told(1, 3, { max_new_tokens: 3 }), told(2, 1, { seed: 2 })];

globalThis.document = { baseURI: "file:///site/temperature.html", addEventListener() {}, documentElement: { dataset: {} }, dispatchEvent() {} };
globalThis.playgroundRecorded = {
  "texts/0": file([whole(3)]),
  "texts/1": file([whole(3), light(2), light(1)]),
  "texts/2": file([whole(0)]),
  words: packed(["a", "b", "c", "d"]),
};

const { NEEDS_MODEL } = await import("../../assets/common/recorded.js");
const { openedFile } = await import("../../assets/common/trace_file.js");
const { exampleOf } = await import("../../assets/lesson/driver.js");
const { numberAsked } = await import("../../assets/common/lesson_address.js");
const { Texts } = await import("../../assets/site/texts.js");
const { recordedOf } = await import("../../assets/site/values.js");

const texts = () => new Texts(TOLD, { tiny: "words" });
const asked = (more = {}) => exampleOf({ prompt: "the", step: 1, settings: settings(more) });
const traceOf = ({ trace_id: id, steps }) => ({ id, steps });

test("a text is found by its model, its prompt and its settings, and has the words of its model", async () => {
  const message = await texts().open("tiny", asked());
  assert.deepEqual([message.steps.map(({ token_id }) => token_id), message.header.words[3], message.header.settings.seed], [[3], "d", 1]);
  const other = await texts().open("tiny", asked({ seed: 2 }));
  assert.equal(other.steps[0].token_id, 0);
});

test("all files stay open, because the learner turns back to their texts", async () => {
  const all = texts();
  const [one, other] = [await all.open("tiny", asked()), await all.open("tiny", asked({ seed: 2 }))];
  assert.deepEqual([...openedFile(one.trace_id).logits(0)], [...ROW]);
  assert.ok(openedFile(other.trace_id));
  assert.equal(await all.open("tiny", asked()), one, "it is opened once");
});

test("a text that was not recorded needs a model", async () => {
  for (const [model, example] of [["tiny", asked({ seed: 3 })], ["other", asked()], ["tiny", { ...asked(), prompt: "a" }]]) {
    await assert.rejects(texts().open(model, example), { message: NEEDS_MODEL });
  }
});

test("a text goes on, one token at a time, as far as a longer one was recorded", async () => {
  const all = texts();
  let message = await all.open("tiny", asked());
  const lengths = [];
  while (all.goesOn(traceOf(message))) {
    message = await all.next(traceOf(message));
    lengths.push([message.steps.map(({ token_id }) => token_id), message.stop_reason]);
  }
  assert.deepEqual(lengths, [[[3, 2], "length"], [[3, 2, 1], "end_token"]]);
  assert.equal(all.goesOn(traceOf(await all.open("tiny", asked({ seed: 2 })))), false);
  assert.equal(all.goesOn({ id: "unknown", steps: [] }), false);
});

const VALUES = { now: { '["pieces","a b"]': 2, '["cosine"," noir"," black"]': 0.8 }, after: { '["pieces","a b"]': 3 } };

test("a measure gives the value that was recorded before the reveal, or after it", () => {
  const { isAll, measures } = recordedOf(VALUES, false);
  assert.equal(isAll, false);
  assert.equal(measures(false).cosine(" noir", " black"), 0.8);
  assert.equal(measures(false).cosine("constructor"), null);
  assert.deepEqual([measures(false).pieces("a b"), measures(true).pieces("a b")], [2, 3]);
  assert.deepEqual(Object.keys(measures(true)), ["pieces"]);
});

test("a page without a value of its own has no measures", () => {
  assert.deepEqual(recordedOf(undefined, true).measures(true), {});
  assert.deepEqual(recordedOf({ now: VALUES.now }, true).measures(true), {});
});

test("the address names a page by its number, or none", () => {
  const asks = (hash) => {
    globalThis.location = { hash };
    return numberAsked();
  };
  assert.deepEqual(["#4", "", "#0", "#-1", "#1.5", "#a", "#1e999"].map(asks), [3, null, null, null, null, null, null]);
});
