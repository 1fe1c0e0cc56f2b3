import assert from "node:assert/strict";
import { test } from "node:test";

const module = new URL("../../assets/common/language.js", import.meta.url).href;

/** The module as a page in another language loads it. */
async function inLanguage(language, catalogue) {
  globalThis.playgroundLanguage = language;
  globalThis.playgroundCatalogue = catalogue;
  const loaded = await import(`${module}?${language}`);
  globalThis.playgroundLanguage = globalThis.playgroundCatalogue = undefined;
  return loaded;
}

test("an English page shows the texts of the code, with their values in place", async () => {
  const { t, tn, tParts, listed, brief, count, fixed, significant } = await import(module);
  assert.equal(t("Step {step} of {steps}", { step: 3, steps: 1234 }), "Step 3 of 1,234");
  assert.deepEqual([0, 1, 1200].map((n) => tn("{n} token", "{n} tokens", n)), ["0 tokens", "1 token", "1,200 tokens"]);
  assert.deepEqual(tParts("{a} and {b}.", { a: "x", b: "y" }), ["x", " and ", "y", "."]);
  assert.equal(listed(["a", "b", "c"]), "a, b and c");
  assert.deepEqual([count(49152), fixed(1234.5, 2), significant(8.194, 3)], ["49,152", "1234.50", "8.19"]);
  assert.deepEqual([brief(0.7000000000000001, 4), brief(12345.6, 4), brief(0.00034, 4)], ["0.7", "12350", "0.00034"]);
});

test("a page in another language shows its catalogue's texts, plurals and numbers, and English where one is missing", async () => {
  const { t, tn, listed, count, fixed } = await inLanguage("fr", {
    Temperature: ["Température"],
    "{n} token": ["{n} jeton", "{n} jetons"],
  });
  assert.equal(t("Temperature"), "Température");
  assert.equal(t("Not there"), "Not there");
  assert.deepEqual([0, 1, 2].map((n) => tn("{n} token", "{n} tokens", n)), ["0 jeton", "1 jeton", "2 jetons"]);
  assert.equal(tn("{n} text", "{n} texts", 0), "0 texts");
  assert.equal(listed(["a", "b", "c"]), "a, b et c");
  assert.deepEqual([count(49152), fixed(0.5, 2)], ["49\u202f152", "0,50"]);
});

test("a place without a value is a fault", async () => {
  const { t } = await import(module);
  assert.throws(() => t("Step {step}", {}), /\{step\} has no value/);
});
