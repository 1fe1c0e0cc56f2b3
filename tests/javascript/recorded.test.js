/** Tests a page without a server: it has the answers that were recorded, refuses all others, and sends nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";

const SENT = [];
globalThis.fetch = async (address) => {
  SENT.push(address);
  throw new Error("nothing may be sent");
};
globalThis.document = { baseURI: "file:///home/reader/text.html" };
globalThis.playgroundRecorded = { "models.json": btoa('[{"model": "tiny"}]'), "vocabulary.json": btoa('{"tokens": ["a"]}') };

const { isAlone, NEEDS_MODEL, recordedBytes } = await import("../../assets/common/recorded.js");
const server = await import("../../assets/common/server.js");
const { kept } = await import("../../assets/common/keeping.js");

test("what was recorded answers in place of the server", async () => {
  assert.ok(isAlone);
  assert.deepEqual(await server.fetchModels(), [{ model: "tiny" }]);
  assert.deepEqual(await server.fetchWords("vocabulary.json"), ["a"]);
  assert.deepEqual([...recordedBytes("models.json").slice(0, 2)], [91, 123]);
});

test("all else is refused with one sentence, and nothing is sent", async () => {
  const asked = [
    server.fetchLessons(),
    server.fetchTrace("t"),
    server.fetchScript("t", 0),
    server.fetchMask("tiny", [1], { regex: "a" }),
    server.get("constructor"),
  ];
  for (const one of asked) await assert.rejects(one, { message: NEEDS_MODEL });
  assert.deepEqual(SENT, []);
});

test("such a page keeps nothing of its text, and finds nothing that another page has kept", () => {
  globalThis.window = { sessionStorage: { getItem: () => '{"controls": {}}' } };
  assert.equal(kept("page"), null);
  assert.deepEqual(kept("lessons"), { controls: {} }, "but what the reader has done in lessons");
});
