/** Which of the server's models a view compares, and when a text says of which model it is. */

import assert from "node:assert/strict";
import { test } from "node:test";

const model = (name, family, isBuiltIn) => ({ model: name, family, built_in: isBuiltIn });
const translator = model("french-english", "encoder-decoder", true);

/** Returns the module as it is on the page of a server with these models. */
async function onPageOf(...models) {
  globalThis.playgroundModels = models;
  return import(`../../assets/models/models.js?${Math.random()}`);
}

test("a server that was asked for one model compares one, and names only the built-in ones", async () => {
  const { namesToCompare, namesOfModels, ofModel } = await onPageOf(model("gpt2", "decoder", false), translator);
  assert.deepEqual(namesToCompare(), ["gpt2"]);
  assert.deepEqual(namesOfModels(), ["gpt2", "french-english"]);
  assert.equal(ofModel("gpt2"), "");
  assert.equal(ofModel("french-english"), " of french-english");
});

test("a built-in model is compared with one of its family that the server was asked for", async () => {
  const { namesToCompare } = await onPageOf(model("gpt2", "decoder", false), model("opus", "encoder-decoder", false), translator);
  assert.deepEqual(namesToCompare(), ["gpt2", "opus", "french-english"]);
});

test("with several models every text says of which it is", async () => {
  const { ofModel } = await onPageOf(model("gpt2", "decoder", false), model("llama", "decoder", false));
  assert.equal(ofModel("gpt2"), " of gpt2");
});
