/** Tests how values that are not numbers are written into a card and read back. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { read, unread, written } from "../../assets/decode/chain/written_value.js";

for (const [kind, value, text] of [
  ["texts", ["a", " b, c", "\n", "\\n"], "a\n b, c\n\\n\n\\\\n"],
  ["texts", [], ""],
  ["choices", ["yes", "no"], "yes\nno"],
  ["choices", null, ""],
  ["pair", [10, 1.1], "10 1.1"],
  ["pair", null, ""],
  ["biases", { " hello": 2, 15: -1.5, " = ": false }, "15 = -1.5\n hello = 2\n =  = remove"],
  ["biases", {}, ""],
  ["regex", "a+|b", "a+|b"],
  ["regex", null, ""],
  ["text", "", ""],
]) {
  test(`${kind} ${JSON.stringify(value)} is written and read back`, () => {
    assert.equal(written(kind, value), text);
    assert.deepEqual(read(kind, text), value);
  });
}

test("biases that are pairs are written alike", () => {
  assert.equal(written("biases", [["15", 2]]), "15 = 2");
});

test("an object that stands for its JSON is written as JSON", () => {
  assert.deepEqual(JSON.parse(written("json_schema", { type: "object" })), { type: "object" });
});

test("what is not a value is none", () => {
  assert.equal(read("pair", "10"), undefined);
  assert.equal(read("pair", "10 x"), undefined);
  assert.equal(read("biases", "hello"), undefined);
  assert.equal(read("biases", "hello = much"), undefined);
  assert.equal(read("biases", "hello ="), undefined);
});

test("a text that is no value is told with what to write, and what holds until then", () => {
  assert.equal(unread("pair", "10 x"), "“10 x” cannot be read as two numbers. Write them with a space between them, such as “10 1.1”. Until then the last value holds.");
  assert.match(unread("biases", "a : 2"), /^“a : 2” cannot be read as biases of tokens\. Write a text or an id, = and a number or “remove” in each line/);
});
