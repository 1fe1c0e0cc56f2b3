/** Tests what the page keeps of what it fetched: it is bounded in bytes, and fetched once. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

globalThis.document = { baseURI: "http://playground.test/" };

const { Kept } = await import("../../assets/common/kept.js");
const { RowReader } = await import("../../assets/common/row_reader.js");
const { isWhole } = await import("../../assets/distribution/row.js");
const { headOf } = await import("./head_of.js");
const { fetchVocabulary } = await import("../../assets/models/words.js");
const { fetchFacts, fetchMap, fetchRow } = await import("../../assets/attention/reader.js");
const { chooseModel, learnModel } = await import("../../assets/models/models.js");

const SIDES = { traceId: "t", kind: "self", seen: (query) => query + 1 };
let asked = [];
let answer = () => new Response("{}");

beforeEach(() => {
  asked = [];
  globalThis.fetch = async (url) => {
    asked.push(new URL(url).pathname.replace("/playground/", ""));
    return answer();
  };
});

const MB = 1_000_000;

test("what was not used longest goes first", () => {
  const kept = new Kept(10 * MB);
  for (const name of ["a", "b", "c"]) kept.put(name, name, 3 * MB);
  assert.equal(kept.get("a"), "a");
  kept.put("d", "d", 3 * MB);
  assert.deepEqual(["a", "b", "c", "d"].map((name) => kept.get(name)), ["a", undefined, "c", "d"]);
  assert.equal(kept.bytes, 9 * MB);
});

test("asking whether there is a value is no use of it", () => {
  const kept = new Kept(7 * MB);
  for (const name of ["a", "b"]) kept.put(name, name, 3 * MB);
  assert.ok(kept.has("a"));
  kept.put("c", "c", 3 * MB);
  assert.ok(!kept.has("a"));
});

test("a value that turns out larger is weighed again, and what has gone is not brought back", () => {
  const kept = new Kept(10 * MB);
  kept.put("a", "a");
  kept.put("b", "b");
  kept.weigh("b", 9.9999 * MB);
  assert.deepEqual([kept.has("a"), kept.has("b")], [false, true]);
  kept.weigh("a", 5);
  assert.ok(!kept.has("a"));
  kept.delete("b");
  assert.equal(kept.bytes, 0);
});

test("values without bytes do not pile up for ever", () => {
  const kept = new Kept(MB);
  for (let i = 0; i < 10_000; i++) kept.put(i, i);
  assert.ok(kept.bytes <= MB);
  assert.ok(!kept.has(0));
});

test("the newest stay, however large", () => {
  const kept = new Kept(MB, 2);
  for (const name of ["a", "b", "c"]) kept.put(name, name, 5 * MB);
  assert.deepEqual(["a", "b", "c"].map((name) => kept.has(name)), [false, true, true]);
});

/** Lets the reader fetch each of `indices`, and waits for the last. */
async function look(reader, arrived, indices) {
  for (const index of indices) {
    const row = new Promise((resolve) => arrived.set(index, resolve));
    reader.want("t", [index], false);
    await row;
  }
}

test("rows of logits are kept by their bytes: as many as there is room for, and four at least", async () => {
  for (const [size, bytes, left] of [[1000, 200_000, 10], [1000, 30_000, 4]]) {
    const arrived = new Map();
    const fetchLogits = async () => new Float32Array(size); // 20 bytes for each token after sorting
    const reader = new RowReader((_, index) => arrived.get(index)(), assert.fail, fetchLogits, bytes);
    await look(reader, arrived, Array.from({ length: 12 }, (_, index) => index));
    const there = Array.from({ length: 12 }, (_, index) => index).filter((index) => reader.row("t", index));
    assert.ok(Math.abs(there.length - left) <= (left > 4 ? 1 : 0), `${there}`);
    assert.equal(there.at(-1), 11);
  }
});

test("the best tokens of a row are enough while a text grows, and the whole row follows when it ends", async () => {
  const arrived = [];
  const fetch = async (_, index, isHeadEnough) => {
    arrived.push([index, isHeadEnough]);
    return isHeadEnough ? headOf([1, 2, 3, 4], 2) : new Float32Array([1, 2, 3, 4]);
  };
  const { promise, resolve } = Promise.withResolvers();
  const reader = new RowReader((_, index) => arrived.length === 2 && resolve(index), assert.fail, fetch);
  reader.want("t", [7], true);
  await new Promise(setImmediate);
  assert.equal(isWhole(reader.row("t", 7)), false);
  reader.want("t", [7], true); // is there already
  reader.want("t", [7], false);
  assert.equal(await promise, 7);
  assert.deepEqual(arrived, [[7, true], [7, false]]);
  assert.equal(isWhole(reader.row("t", 7)), true);
  reader.want("t", [7], true); // the whole row is more than enough
  await new Promise(setImmediate);
  assert.equal(arrived.length, 2);
});

test("maps of attention are kept by their bytes", async () => {
  const map = new Uint16Array((2000 * 2001) / 2); // 8 MB as float32
  answer = () => new Response(map);
  for (let head = 0; head < 12; head++) await fetchMap(SIDES, 2000, 0, head);
  assert.equal(asked.length, 12);
  await fetchMap(SIDES, 2000, 0, 11); // is kept
  assert.equal(asked.length, 12);
  await fetchMap(SIDES, 2000, 0, 0); // was removed to make room
  assert.equal(asked.length, 13);
});

test("an answer is asked for once while it is on its way, and again after it failed", async () => {
  answer = () => new Response(new Uint16Array([65535]));
  const [one, other] = await Promise.all([fetchRow("t", 1, 0, 0), fetchRow("t", 1, 0, 0)]);
  assert.equal(one, other);
  assert.deepEqual([...one], [1]);
  assert.equal(asked.length, 1);
  answer = () => Response.json({ detail: "Not now." }, { status: 503 });
  await assert.rejects(fetchRow("t", 2, 0, 0), { message: "Not now." });
  answer = () => new Response(new Uint16Array([0, 65535]));
  assert.deepEqual([...(await fetchRow("t", 2, 0, 0))], [0, 1]);
});

test("all tabs share one vocabulary, which is asked for again if it did not come", async () => {
  answer = () => Response.json({ detail: "Not now." }, { status: 503 });
  const five = () => Promise.allSettled(Array.from({ length: 5 }, () => fetchVocabulary()));
  assert.ok((await five()).every(({ reason }) => reason.message === "Not now."));
  assert.deepEqual(asked, ["vocabulary.json"]);
  answer = () => Response.json({ tokens: ["a", "b"] });
  const words = (await five()).map(({ value }) => value);
  assert.deepEqual(asked, ["vocabulary.json", "vocabulary.json"]);
  assert.ok(words.every((one) => one === words[0]));
  assert.deepEqual([...words[0]], ["a", "b"]);
  await fetchVocabulary();
  assert.equal(asked.length, 2);
});

test("what is asked about the chosen model is kept for each model", async () => {
  globalThis.fetch = async (url) => {
    asked.push(url);
    return new Response(JSON.stringify({ layers: asked.length }));
  };
  for (const model of ["one", "other"]) learnModel({ model });
  const layers = [];
  for (const model of ["one", "other", "one"]) {
    chooseModel(model);
    layers.push((await fetchFacts()).layers);
  }
  assert.deepEqual(layers, [1, 2, 1]);
  assert.deepEqual(asked.map((url) => new URL(url).searchParams.get("model")), [null, "other"]);
});
