/** Tests which model is offered for a task, by what the models say they are trained for. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = Object.assign(new EventTarget(), { baseURI: "http://localhost/" });
globalThis.playgroundModels = [
  { model: "gpt2", family: "decoder", loaded: true, built_in: false },
  { model: "french-english", family: "encoder-decoder", loaded: false, built_in: true, pipelines: { translation_fr_to_en: "" } },
  { model: "t5", family: "encoder-decoder", loaded: false, built_in: false, pipelines: { summarization: "summarize: " } },
  { model: "bert", family: "encoder", loaded: true, built_in: true },
];
const { chosenWhenLoaded, promptedModel, trainedFor } = await import("../../assets/models/trained.js");
const { chooseModel, learnModel } = await import("../../assets/models/models.js");
const tell = (type, detail) => document.dispatchEvent(Object.assign(new Event(type), { detail }));

test("a model that is not loaded is offered by what its config says", () => {
  assert.deepEqual(trainedFor("translation_fr_to_en"), { model: "french-english", prefix: "", languages: { source: "", target: "" } });
  assert.deepEqual(trainedFor("summarization"), { model: "t5", prefix: "summarize: ", languages: { source: "", target: "" } });
  assert.equal(trainedFor("translation_en_to_fr"), null);
  assert.equal(trainedFor(""), null);
});

test("a choice of a model is awaited, and another choice ends the waiting", async () => {
  const waiting = chosenWhenLoaded("t5");
  tell("playground:loading", { model: "t5", error: "" });
  tell("playground:model", "t5");
  assert.equal(await waiting, true);
  const left = chosenWhenLoaded("t5");
  tell("playground:loading", { model: "gpt2", error: "" });
  assert.equal(await left, false);
});

test("a model with tokens for its targets only is not known to read a language", () => {
  learnModel({ model: "romance", family: "encoder-decoder", loaded: true, built_in: false, languages: ["por", "ron"], only_target: true });
  assert.equal(trainedFor("translation_por_to_ron"), null);
});

test("a loaded model with tokens for both languages comes before one that is not loaded, and the chosen one before all", () => {
  learnModel({ model: "nllb", family: "encoder-decoder", loaded: true, built_in: false, languages: ["deu_Latn", "eng_Latn", "fra_Latn"] });
  const languages = { source: "fra_Latn", target: "eng_Latn" };
  assert.deepEqual(trainedFor("translation_fr_to_en"), { model: "nllb", prefix: "", languages });
  assert.deepEqual(trainedFor("translation_en_to_fr").languages, { source: "eng_Latn", target: "fra_Latn" });
  chooseModel("french-english");
  assert.equal(trainedFor("translation_fr_to_en").model, "french-english");
  assert.equal(promptedModel(), "gpt2");
});
