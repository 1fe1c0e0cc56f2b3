/** Tests lessons, models and the sidebar on a French page: whole sentences come from the catalogue, and numbers are French. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.playgroundLanguage = "fr";
globalThis.playgroundCatalogue = {
  "You: {guess} %, model: {model}, {off} points off.": ["Vous : {guess} %, modèle : {model}, écart de {off} points."],
  "{number} %": ["{number} %"],
  "“{text}”": ["« {text} »"],
  "from {source} to {target}": ["du {source} au {target}"],
  "Also in force: {settings}. Change this in the chain of Decode.": ["Réglage : {settings}.", "Réglages : {settings}."],
  "Loading … {seconds} of about {expected} s": ["Chargement … {seconds} sur {expected} s environ"],
  Learn: ["Apprendre"],
  logit: ["logit"],
};
const assets = new URL("../../assets/", import.meta.url).href;
const load = (path) => import(`${assets}${path}`);

test("a guess is compared in a French sentence with French numbers", async () => {
  const { ofShare } = await load("lesson/outcome.js");
  const { quoted, written } = await load("lesson/units.js");
  assert.match(ofShare(0.4, 0.688).says, /^Vous : 40 %, modèle : .* %, écart de 28,8 points\.$/);
  assert.equal(quoted(" stars"), "«  stars »");
  assert.equal(written(-2.0625, "number"), "−2,06");
});

test("languages have their French names, and a pair of them stands in one phrase", async () => {
  const { between, named } = await load("models/language_lists.js");
  assert.equal(named("de_DE"), "allemand (de_DE)");
  assert.equal(between({ source: "de", target: "fr" }), " du allemand (de) au français (fr)");
  assert.equal(between({ source: "", target: "" }), "");
});

test("a model that must wait names several others with the language's own word", async () => {
  const { loadingSentence } = await load("models/picker.js");
  assert.equal(loadingSentence({ seconds: 4.2, expected: 11, waits_for: [] }), "Chargement … 4 sur 11 s environ");
  assert.match(loadingSentence({ seconds: 0, expected: null, waits_for: ["a", "b"] }), /a ou b/);
});

test("a word of the glossary is found in a French text with an ending", async () => {
  const { placesOf } = await load("glossary/term.js");
  const { SPELLINGS } = await load("glossary/words.js");
  assert.deepEqual(placesOf("Les logits", [SPELLINGS.logit]), [[4, 10]]);
});
