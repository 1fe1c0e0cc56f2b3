import assert from "node:assert/strict";
import { test } from "node:test";

const TEXTS = {
  "{name} is {value}, which is out of range. Give {name} a value {range}.": "{name} vaut {value}, hors limites. Donnez à {name} une valeur {range}.",
  "{name} is {value}.": "{name} est {value}.",
  "from {low} to {high}": "de {low} à {high}",
  "The server is shutting down.": "Le serveur s’arrête.",
  "The text has {tokens} tokens. {more}": "Le texte a {tokens} jetons. {more}",
  "A {label} of the page.": "Un {label} de la page.",
};
globalThis.playgroundLanguage = "fr";
globalThis.playgroundCatalogue = Object.fromEntries(Object.entries(TEXTS).map(([text, form]) => [text, [form]]));
globalThis.playgroundSentences = Object.keys(TEXTS).slice(0, -1);
const { translated, withErrorTold } = await import("../../assets/common/server_sentences.js");

test("a sentence of the server is translated by the most exact template that it fits", () => {
  assert.equal(translated("The server is shutting down."), "Le serveur s’arrête.");
  assert.equal(translated("top_p is 7.5, which is out of range. Give top_p a value from 0 to 1."), "top_p vaut 7,5, hors limites. Donnez à top_p une valeur de 0 à 1.");
  assert.equal(translated("model is tiny (a+b)."), "model est tiny (a+b).");
});

test("a known sentence in a place is translated too, and its numbers are written as the language does", () => {
  assert.equal(translated("The text has 12,345 tokens. The server is shutting down."), "Le texte a 12\u202f345 jetons. Le serveur s’arrête.");
});

test("a template needs the same value in both places of one name", () => {
  const sentence = "top_p is 7, which is out of range. Give top_k a value from 0 to 1.";
  assert.equal(translated(sentence), "top_p est 7, which is out of range. Give top_k a value from 0 to 1.");
});

test("an unknown sentence, a text of the page and what is no text stay as they are", () => {
  for (const one of ["Nobody knows this.", "A line of the page.", "", undefined, null, 7]) assert.equal(translated(one), one);
});

test("of a message only the refusal is translated", () => {
  const message = { error: "The server is shutting down.", text: "The server is shutting down." };
  assert.deepEqual(withErrorTold(message), { ...message, error: "Le serveur s’arrête." });
  assert.equal(withErrorTold(undefined), undefined);
});
