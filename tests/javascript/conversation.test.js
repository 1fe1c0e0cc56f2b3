/** Tests what is around a prompt: what of a kept value can be shown, and when two prompts are the same for the model. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { afterAnswer, apart, isSame, nextRole, together, usableAround } from "../../assets/chat/conversation.js";

const SYSTEM = { role: "system", content: "S" };
const USER = { role: "user", content: "U" };
const ASSISTANT = { role: "assistant", content: "A" };

test("what cannot be shown is left out", () => {
  const earlier = [SYSTEM, { role: "king", content: "K" }, { role: "user" }, null, { ...USER, name: "x" }];
  assert.deepEqual(usableAround({ earlier, fields: { tools: "[]", thinking: true } }), { earlier: [SYSTEM, USER], fields: { tools: "[]" } });
  for (const nothing of [null, undefined, 3, { earlier: 3, fields: 3 }]) {
    assert.deepEqual(usableAround(nothing), { earlier: [], fields: {} });
  }
});

test("a system text at the beginning stands apart and comes back", () => {
  assert.deepEqual(apart([SYSTEM, USER]), { system: "S", turns: [USER] });
  assert.deepEqual(apart([USER, SYSTEM]), { system: "", turns: [USER, SYSTEM] });
  assert.deepEqual(together("S", [USER]), [SYSTEM, USER]);
  assert.deepEqual(together("", [USER]), [USER]);
});

test("turns alternate", () => {
  assert.deepEqual([[], [USER], [USER, ASSISTANT]].map(nextRole), ["user", "assistant", "user"]);
});

const written = (prompt, earlier = [], fields = {}, chat = true) => ({ prompt, chat, earlier, fields });

test("two prompts are the same if the model reads the same", () => {
  assert.ok(isSame(written("U", [SYSTEM]), written("", [SYSTEM, USER])), "the last user's turn may stand in the prompt");
  assert.ok(isSame(written("U", [], { a: '[{"b":1}]', c: " " }), written("U", [], { a: '[{"b": 1}]' })));
  assert.ok(isSame(written("U", [SYSTEM], { a: "1" }, false), written("U", [], {}, false)), "a plain prompt has nothing around it");
  assert.ok(isSame(written("U", [], { a: "x", b: "y" }), written("U", [], { b: "y", a: "x" })));
  assert.ok(!isSame(written("U"), written("U", [], {}, false)));
  assert.ok(!isSame(written("U", [SYSTEM]), written("U")));
  assert.ok(!isSame(written(""), written("", [USER])));
  assert.ok(!isSame(written("U", [], { a: "x" }), written("U", [], { a: "y" })));
});

test("after an answer the prompt is free, unless a new one is typed", () => {
  const told = { messages: [SYSTEM, USER], template_options: { enable_thinking: false, date_string: "1 May", tools: [{ n: 1 }] } };
  const fields = { enable_thinking: "false", date_string: "1 May", tools: '[{"n":1}]' };
  const earlier = [SYSTEM, USER, ASSISTANT];
  assert.deepEqual(afterAnswer(told, "A", "U"), { prompt: "", chat: true, earlier, fields });
  assert.equal(afterAnswer(told, "A", "next").prompt, "next");
});
