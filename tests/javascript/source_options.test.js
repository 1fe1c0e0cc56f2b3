/** Tests the names of languages, and how the prefix of a task is written before a text. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = Object.assign(new EventTarget(), { baseURI: "http://localhost/" });
const { withPrefix } = await import("../../assets/models/source_options.js");
const { between, named } = await import("../../assets/models/language_lists.js");

test("a language has its name before its code, however a tokenizer writes codes", () => {
  assert.deepEqual(["fr_XX", "fr", "zh_CN"].map(named), ["French (fr_XX)", "French (fr)", "Chinese (zh_CN)"]);
  assert.equal(named("fra_Latn"), "French (fra_Latn)");
  assert.equal(named("python"), "python");
  assert.equal(named("???"), "???");
});

test("a translation is told by the languages that are chosen", () => {
  assert.equal(between({ source: "de", target: "fra_Latn" }), " from German (de) to French (fra_Latn)");
  assert.equal(between({ source: "", target: "fra" }), " to French (fra)");
  assert.equal(between({ source: "", target: "" }), "");
});

test("a prefix takes the place of another one, and leaves the text", () => {
  const prefixes = ["summarize: ", "translate English to German: "];
  assert.equal(withPrefix("A cat.", prefixes[0], prefixes), "summarize: A cat.");
  assert.equal(withPrefix("summarize: A cat.", prefixes[1], prefixes), "translate English to German: A cat.");
});
