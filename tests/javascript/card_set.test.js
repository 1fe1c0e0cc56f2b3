/** Which stages are cards of the chain, and what a browser gives back of an earlier visit. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { OFF } from "../../assets/distribution/settings.js";

const stored = new Map();
const store = { getItem: (name) => stored.get(name) ?? null, setItem: (name, text) => stored.set(name, text) };
Object.assign(globalThis, { window: { sessionStorage: store, localStorage: store }, location: { hash: "" } });
const { CardSet } = await import("../../assets/decode/chain/card_set.js");

const offers = () => true;

function rememberedFrom(content) {
  stored.set("playground:kept:1:chain", JSON.stringify(content));
  const cards = new CardSet();
  cards.remember("chain", offers);
  return cards;
}

beforeEach(() => stored.clear());

test("cards and last values of an earlier visit are there again", () => {
  const cards = rememberedFrom({ cards: ["top_k", "xtc"], values: { xtc: { xtc_probability: 0.4, xtc_threshold: 0.1 } } });
  assert.deepEqual(cards.names, ["top_k", "xtc"]);
  assert.equal(cards.lastValues("xtc").xtc_probability, 0.4);
});

test("what no page has kept is left out, and a length is no list", () => {
  for (const content of [5, [], { cards: 5 }, { cards: { length: 1e9 } }, { cards: "top_k" }, { cards: ["nope", 1, null, "__proto__"] }]) {
    assert.deepEqual(rememberedFrom(content).names, [], JSON.stringify(content));
  }
  const cards = rememberedFrom({ values: { top_k: { top_k: "x" }, nope: {}, xtc: { xtc_probability: 99 } } });
  for (const name of ["top_k", "nope", "xtc"]) assert.equal(cards.lastValues(name), undefined, name);
});

test("a removed stage stays away until its settings are told, and keeps its last values", () => {
  const cards = new CardSet();
  const on = { ...OFF, top_k: 7 };
  cards.take(["top_k"], on, true);
  cards.remove("top_k", on);
  cards.take(["top_k"], on, true);
  assert.equal(cards.has("top_k"), false);
  cards.take(["top_k"], OFF, true);
  cards.take(["top_k"], { ...OFF, top_k: 9 }, false);
  assert.equal(cards.has("top_k"), true);
  assert.equal(cards.lastValues("top_k").top_k, 7, "a text's own values are not the reader's");
});
