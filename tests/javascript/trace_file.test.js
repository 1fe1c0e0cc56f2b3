/** Tests that opening a hostile trace file costs what it holds and not what it claims. Python tests what it says. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { openedFile, openTraceFile } from "../../assets/common/trace_file.js";

const base64 = (array) => Buffer.from(array.buffer).toString("base64");

/** Makes a light file of a few KB that claims a vocabulary of a million and 2,000 steps. */
function hostile(steps = 2000) {
  const step = {
    token_id: 7,
    draw: null,
    probability: 0.5,
    kept: 1,
    seconds: 0,
    forced: false,
    settings: null,
    raw_probability: 0.5,
    entropy_bits: 1,
    rank: 1,
    ids: base64(Uint32Array.of(7, 999_999)),
    logits: base64(Float32Array.of(2, 1)),
    rest_log_sum_exp: 3,
  };
  return {
    format: "decoding-playground trace",
    version: 1,
    kind: "light",
    model: "tiny",
    vocabulary_size: 1_000_000,
    dtype: "float32",
    prompt_ids: [1],
    settings: { strategy: "sample" },
    stop_reason: "length",
    stage_notes: [],
    steps: Array(steps).fill(step),
    tokens: { 7: "seven" },
  };
}

const fileOf = (told) => new File([gzipSync(JSON.stringify(told))], "trace.json.gz");

/** @returns {Promise<number>} the number of values in all arrays that are made meanwhile */
async function numbersMade(work) {
  const Plain = globalThis.Float32Array;
  let made = 0;
  globalThis.Float32Array = class extends Plain {
    constructor(...args) {
      super(...args);
      made += this.length;
    }
  };
  try {
    await work();
  } finally {
    globalThis.Float32Array = Plain;
  }
  return made;
}

test("a few KB that claim 2,000 steps over a million tokens make no row until it is looked at", async () => {
  const file = fileOf(hostile());
  assert.ok(file.size < 10_000);
  let opened;
  const made = await numbersMade(async () => (opened = await openTraceFile(file)));
  assert.equal(opened.message.steps.length, 2000);
  assert.ok(made <= 2 * 2000, `${made} numbers were made of a file that holds ${2 * 2000}`);
  let row;
  assert.ok((await numbersMade(() => (row = opened.logits(1999)))) <= 1_000_000 + 2);
  assert.equal(row.length, 1_000_000);
  assert.deepEqual([row[7], row[999_999]], [2, 1]);
  assert.equal(row[0], Math.fround(3 - Math.log(999_998)));
});

test("the page goes on while many rows are checked", async () => {
  const told = hostile(100);
  const ids = new Uint32Array(25_000).map((_, id) => id);
  const step = { ...told.steps[0], ids: base64(ids), logits: base64(new Float32Array(ids)) };
  told.steps = Array(100).fill(step); // more than 10 MB of logits
  let turns = 0;
  const others = setInterval(() => (turns += 1), 0);
  try {
    await openTraceFile(new File([JSON.stringify(told)], "trace.json"));
  } finally {
    clearInterval(others);
  }
  assert.ok(turns >= 2, `${turns} turns`);
});

test("a file that is refused leaves the one that is open", async () => {
  const opened = await openTraceFile(fileOf(hostile(1)));
  await assert.rejects(openTraceFile(fileOf({ ...hostile(1), stop_reason: "bored" })), /stop_reason is "bored"/);
  assert.equal(openedFile(opened.message.trace_id), opened);
  assert.equal(openedFile("file-0"), null);
});

/** Makes a packed file of blanks that counts the bytes that are read from it. */
function bomb(bytes, claimedSize) {
  const content = gzipSync(Buffer.alloc(bytes, " "), { level: 1 });
  const file = new File([content], "bomb.json.gz");
  if (claimedSize) Object.defineProperty(file, "size", { value: claimedSize });
  const { slice } = file;
  let taken = 0;
  const counted = (start, end) => {
    const part = slice.call(file, start, end);
    taken += part.size;
    return part;
  };
  Object.defineProperty(file, "slice", { value: counted });
  Object.defineProperty(file, "stream", { value: () => assert.fail("it was read at once") });
  return { file, packed: content.length, taken: () => taken };
}

test("a small file that unpacks to much is left at fifty times its size, and not read to its end", async () => {
  const { file, packed, taken } = bomb(400_000_000);
  const most = Math.round((10_000_000 + 50 * packed) / 1_000_000);
  assert.ok(most < 110);
  const sentence = `This file is larger than ${most} MB when unpacked, so it is not opened.`;
  await assert.rejects(openTraceFile(file), { message: sentence });
  assert.ok(taken() < packed / 2, `${taken()} of ${packed} bytes were read`);
});

test("a large file is left at 300 MB", async () => {
  const sentence = "This file is larger than 300 MB when unpacked, so it is not opened.";
  await assert.rejects(openTraceFile(bomb(400_000_000, 140_000_000).file), { message: sentence });
});

test("a file too large is refused by its size, unread", async () => {
  const file = new File([], "large.json.gz");
  Object.defineProperty(file, "size", { value: 200_000_000 });
  for (const name of ["stream", "slice"]) {
    Object.defineProperty(file, name, { value: () => assert.fail("it was read") });
  }
  await assert.rejects(openTraceFile(file), { message: "large.json.gz has 200 MB, and a trace file has at most 150 MB." });
});

test("a file whose settings hold a stage that this server does not have is refused", async () => {
  const told = { ...hostile(1), settings: { strategy: "sample", my_top_a: 0.3 } };
  const sentence = 'This trace file cannot be used: settings holds "my_top_a", which is not a setting of this server.';
  await assert.rejects(openTraceFile(fileOf(told)), { message: sentence });
});
