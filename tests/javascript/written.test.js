/** Tests how the page words settings that differ, what a link to a mixed text holds, and what moves the sliders. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { filled, fillOnce, moved } from "../../assets/common/controls.js";
import { differences, setting } from "../../assets/common/words.js";
import { linkTo } from "../../assets/decode/link.js";
import { lineOf } from "../../assets/decode/settings_line.js";
import { Sliders } from "../../assets/decode/sliders.js";
import { OFF } from "../../assets/distribution/settings.js";

globalThis.document = Object.assign(new EventTarget(), { documentElement: { dataset: {} } });

const BASE = { strategy: "sample", ...OFF, temperature: 0.8, top_k: 40, top_p: 0.9, seed: 5, max_new_tokens: 4 };

test("the sidebar is filled once for each text, whichever of its messages comes first", () => {
  const given = { seed: 5, conversation: { earlier: [], fields: {} } };
  const asked = [];
  const ask = () => asked.push(filled(["prompt", "seed", "conversation"]));
  for (const id of ["a", "a", "b"]) {
    const message = { trace_id: id, fills: structuredClone(given) };
    fillOnce(message, ask);
    message.fills.conversation.earlier.push("changed in place");
  }
  fillOnce({ trace_id: "c" }, ask);
  fillOnce({ fills: given }, ask);
  fillOnce(null, ask);
  const values = [undefined, 5, { earlier: [], fields: {} }];
  assert.deepEqual(asked, [values, values]);
  assert.deepEqual(filled(["seed"]), [undefined]);
});

test("the setting that switches a stage on has the stage's name, and its others their own", () => {
  assert.equal(setting("xtc_probability", 0.5), "XTC 0.5");
  assert.equal(setting("xtc_threshold", 0.2), "threshold 0.2");
  assert.equal(setting("mirostat", 2), "Mirostat 2");
});

test("both sides name the same settings in the same order", () => {
  const { shown, written } = differences(BASE, { ...BASE, temperature: 0.3, top_p: 1 });
  assert.deepEqual(shown, ["temperature 0.3", "top-p off"]);
  assert.deepEqual(written, ["temperature 0.8", "top-p 0.9"]);
  assert.deepEqual(differences(BASE, { ...BASE, seed: 6 }), { shown: [], written: [] });
});

test("of two strategies each names its own stages", () => {
  const { shown, written } = differences(BASE, { ...BASE, strategy: "greedy" });
  assert.deepEqual(shown, ["Greedy"]);
  assert.deepEqual(written, ["Sample", "temperature 0.8", "top-k 40", "top-p 0.9"]);
});

const line = (...args) => Object.values(lineOf(...args)).join("");

test("the line names the first three settings, or as many as have room, and how many more there are", () => {
  const [shown, written] = [["a 1", "b 2", "c 3", "d 4", "e 5"], ["a 0", "b 0", "c 0", "d 0", "e 0"]];
  assert.equal(line(["a 1"], ["a 0"], false, 99), "The bars show a 1. The text was written with a 0.");
  assert.equal(line(shown, written, false, 99), "The bars show a 1, b 2, c 3 and 2 more. The text was written with a 0, b 0, c 0.");
  assert.equal(line(shown, written, false, 69), "The bars show a 1, b 2, c 3 and 2 more. The text: a 0, b 0, c 0.");
  assert.equal(line(shown, written, true, 60), "The bars show a 1, b 2 and 3 more. This token: a 0, b 0.");
  assert.equal(line(shown, written, true, 9), "The bars show a 1 and 4 more. This token: a 0.");
  assert.equal(line(["Greedy"], ["Sample", "b 2", "c 3", "d 4"], false, 99), "The bars show Greedy and 1 more. The text was written with Sample, b 2, c 3.");
  assert.equal(line([], [], false, 99), "");
  assert.equal(line(["a 1"], [], false, 99), "The bars show a 1.");
});

/** A stand-in for a trace of tokens 10, 11, 12 … with each step's own settings, null for the trace's. */
function text(steps, settings = BASE) {
  const header = { model: "m", settings };
  const told = steps.map((own, index) => ({ index, token_id: 10 + index, settings: own }));
  return { header, steps: told, settingsOf: (step) => step?.settings ?? settings };
}

const PLAIN = { prompt: "p", chat: false, earlier: [], fields: {} };
const linked = (trace) => {
  globalThis.location = { origin: "http://a", pathname: "/", hash: "" };
  return Object.fromEntries(new URLSearchParams(new URL(linkTo(trace, 0, PLAIN)).hash.slice(1)));
};

test("a link to a text of one piece needs no tokens, and is as long as the text", () => {
  const whole = linked(text(Array(6).fill(null)));
  assert.deepEqual([whole.forced, whole.max_new_tokens, whole.seed], [undefined, "6", "5"]);
});

test("a link to a text that went on under other settings gives the tokens of the first ones", () => {
  const warm = { ...BASE, temperature: 1.5 };
  const mixed = linked(text([null, null, warm]));
  assert.deepEqual([mixed.forced, mixed.temperature], ["10,11", "1.5"]);
  assert.equal(linked(text([null, { ...BASE, seed: 6 }])).forced, "10");
});

test("a link that no page would follow is a sentence", () => {
  const prompt = "é".repeat(17_000);
  assert.throws(() => linkTo(text([null]), 0, { ...PLAIN, prompt }), /The link would have 102,\d+ characters, and a page follows at most 100,000\. Save/);
});

const NAMES = ["strategy", "temperature", "seed", "lock"];
const move = (held) => moved(NAMES, NAMES.map((name) => held[name]));

test("the sliders follow a text, and its seed unless the reader has locked another", () => {
  let asked = 0;
  const sliders = new Sliders(() => asked++);
  const warm = { ...BASE, temperature: 1.5 };
  sliders.follow(text([null, warm]));
  assert.equal(asked, 1);
  assert.deepEqual(move({ lock: false }), ["sample", 1.5, 5, undefined]);
  assert.deepEqual(move({ lock: true }), Array(4).fill(undefined), "each change is made once");
  sliders.follow(text([null, warm]));
  assert.deepEqual(move({ lock: true }), ["sample", 1.5, undefined, undefined]);
  sliders.follow(text([null], { ...BASE, strategy: "beam" }));
  assert.equal(asked, 2, "a search has no sliders");
});

test("sliders that were lent come back as they were", () => {
  const sliders = new Sliders(() => {});
  const mine = { strategy: "greedy", temperature: 0.7, seed: 1, lock: true };
  sliders.lend({ strategy: "sample", ...OFF });
  assert.deepEqual(move(mine), ["sample", 1, undefined, undefined]);
  sliders.giveBack();
  assert.deepEqual(move({ strategy: "sample", temperature: 1, seed: 1, lock: true }), ["greedy", 0.7, undefined, undefined]);
});

test("a link to a translation holds the languages that were chosen", () => {
  globalThis.location = { origin: "http://a", pathname: "/", hash: "" };
  const written = { ...PLAIN, languages: { source: "", target: "fra_Latn" } };
  const said = new URLSearchParams(new URL(linkTo(text([null]), 0, written)).hash.slice(1));
  assert.deepEqual([said.get("source_language"), said.get("target_language")], [null, "fra_Latn"]);
});
