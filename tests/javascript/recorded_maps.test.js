/** Tests the attention of a page without a server: rows and maps are cut from the one answer that has all heads. */

import assert from "node:assert/strict";
import { test } from "node:test";

const weights = (...values) => Buffer.from(Uint16Array.from(values, (value) => Math.round(Math.sqrt(value) * 65535)).buffer).toString("base64");
const facts = (told) => btoa(JSON.stringify({ layers: 2, heads: 2, windows: [null, null], map_tokens: 512, reason: null, ...told }));

/** Of a text of two tokens, whose layer 0 is left out: two heads with three weights each. */
globalThis.playgroundRecorded = {
  "attention.json": facts({ without: [null, null], left_out: [0] }),
  "attention.json?kind=cross": facts({ without: [null, null], left_out: [0, 1] }),
  "traces/text/attention/layers": weights(1, 0.25, 0.75, 1, 0.5, 0.5),
};
globalThis.document = { baseURI: "file:///home/reader/text.html", dispatchEvent: () => {} };
globalThis.location = { hash: "", search: "" };

const { name } = await import("../../assets/common/known_texts.js");
const { NEEDS_MODEL } = await import("../../assets/common/recorded.js");
const { fetchFacts, fetchFactsOf, fetchHeads, fetchMap, fetchMeasures, fetchRow } = await import("../../assets/attention/reader.js");

name("file-1", "text");
const sides = { traceId: "file-1", kind: "self", seen: (query) => query + 1 };
const near = (row, expected) => assert.deepEqual([...row].map((value) => Number(value.toFixed(4))), expected);

test("a row is that of one head, or of the heads of a layer combined", async () => {
  const { row } = await fetchHeads(sides, 2);
  near(row(1, 0), [0.25, 0.75]);
  near(row(1, 1), [0.5, 0.5]);
  near(row(0, 1), [0, 0]);
  near(await fetchRow("file-1", 2, 1, "mean"), [0.375, 0.625]);
  near(await fetchRow("file-1", 1, 1, 0), [1]);
});

test("a map has a row for each token that looks", async () => {
  const map = await fetchMap(sides, 2, 1, "max");
  assert.equal(map.length, 2);
  near(map[0], [1]);
  near(map[1], [0.5, 0.75]);
});

test("a layer that is left out is named and cannot be chosen, and without any layer the page says why", async () => {
  const told = await fetchFacts();
  assert.deepEqual(told.without, ["not on this page", null]);
  assert.equal(told.reason, null);
  assert.equal(await fetchFactsOf("file-1"), told);
  assert.match((await fetchFacts("cross")).reason, /not one layer fits/);
});

test("what was not recorded is refused with the sentence for it", async () => {
  await assert.rejects(fetchHeads(sides, 3), { message: NEEDS_MODEL });
  await assert.rejects(fetchRow("file-1", 0, 1, 0), { message: NEEDS_MODEL });
  await assert.rejects(fetchMeasures(sides, 2), { message: NEEDS_MODEL });
});
