/** Tests what is around a prompt: what of a kept value can be shown, and when two prompts are the same for the model. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { afterAnswer, apart, asJson, asText, isLost, isSame } from "../../assets/chat/conversation.js";
import { lastOfUser, nextRole, together, usableAround, writtenOf } from "../../assets/chat/conversation.js";

const SYSTEM = { role: "system", content: "S" };
const USER = { role: "user", content: "U" };
const ASSISTANT = { role: "assistant", content: "A" };

const CALL = { role: "assistant", content: null, tool_calls: [{ function: { name: "now", arguments: {} } }] };
const json = (message) => ({ role: "json", content: JSON.stringify(message, null, 1) });

test("what cannot be shown is left out, and what is more than a role and a content is shown as JSON", () => {
  const more = [CALL, { ...USER, name: "x" }, { role: "king", content: "K" }];
  const earlier = [SYSTEM, { role: "user" }, null, { ...USER, name: null }, ...more];
  const shown = { earlier: [SYSTEM, USER, ...more.map(json)], fields: { tools: "[]" } };
  assert.deepEqual(usableAround({ earlier, fields: { tools: "[]", thinking: true } }), shown);
  assert.deepEqual(usableAround(shown), shown);
  for (const nothing of [null, undefined, 3, { earlier: 3, fields: 3 }]) {
    assert.deepEqual(usableAround(nothing), { earlier: [], fields: {} });
  }
});

test("a turn becomes JSON and comes back, unless the JSON holds more", () => {
  assert.deepEqual(asJson(USER), json(USER));
  assert.equal(asText(json(USER)), "U");
  assert.deepEqual(JSON.parse(asJson(ASSISTANT).content).tool_calls[0].function, { name: "", arguments: {} });
  for (const content of [json(CALL).content, "{", "3"]) assert.equal(asText({ role: "json", content }), content);
});

test("a system text at the beginning stands apart and comes back", () => {
  assert.deepEqual(apart([SYSTEM, USER]), { system: "S", turns: [USER] });
  assert.deepEqual(apart([USER, SYSTEM]), { system: "", turns: [USER, SYSTEM] });
  assert.deepEqual(together("S", [USER]), [SYSTEM, USER]);
  assert.deepEqual(together("", [USER]), [USER]);
  const empty = { role: "system", content: "" }; // the template writes another text for it than for no system text
  assert.deepEqual(apart([empty, USER]), { system: "", turns: [empty, USER] });
});

test("turns alternate", () => {
  const turns = [[], [USER], [USER, ASSISTANT], [json(CALL)], [{ role: "tool", content: "12" }]];
  assert.deepEqual(turns.map(nextRole), ["user", "assistant", "user", "tool", "assistant"]);
});

const written = (prompt, earlier = [], fields = {}, chat = true) => ({ prompt, chat, earlier, fields });

test("two prompts are the same if the model reads the same", () => {
  assert.ok(isSame(written("U", [SYSTEM]), written("", [SYSTEM, USER])), "the last user's turn may stand in the prompt");
  assert.ok(isSame(written("U", [], { a: '[{"b":1}]', c: " " }), written("U", [], { a: '[{"b": 1}]' })));
  assert.ok(isSame(written("U", [SYSTEM], { a: "1" }, false), written("U", [], {}, false)), "a plain prompt has nothing around it");
  assert.ok(isSame(written("U", [], { a: "x", b: "y" }), written("U", [], { b: "y", a: "x" })));
  const { content, ...without } = CALL;
  assert.ok(isSame(written("U", [json(CALL)]), written("U", [{ role: "json", content: JSON.stringify(without) }])));
  assert.ok(isSame(written("U", [json(CALL)]), written("U", [CALL])), "a message of the server");
  assert.ok(!isSame(written("U", [json(CALL)]), written("U", [ASSISTANT])));
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

test("a conversation is written as a link writes it", () => {
  const told = (...messages) => ({ messages, template_options: { thinking: true } });
  const fields = { thinking: "true" };
  assert.deepEqual(writtenOf(told(SYSTEM, USER)), { prompt: "U", chat: true, earlier: [SYSTEM], fields });
  assert.deepEqual(writtenOf(told(USER, CALL)), { prompt: "", chat: true, earlier: [USER, json(CALL)], fields });
  const silent = { role: "user", content: "" };
  assert.deepEqual(writtenOf(told(silent)), { prompt: "", chat: true, earlier: [], fields });
  assert.deepEqual(writtenOf(told(SYSTEM, silent)), { prompt: "", chat: true, earlier: [SYSTEM, silent], fields });
});

test("a text's name is what the user says last", () => {
  assert.equal(lastOfUser({ messages: [SYSTEM, USER, CALL, { role: "tool", content: "12" }], template_options: {} }), "U");
  assert.equal(lastOfUser({ messages: [SYSTEM], template_options: {} }), "");
});

test("only what is missing afterwards is lost", () => {
  const before = written("U", [SYSTEM], { thinking: "true" });
  assert.ok(!isLost(before, written("", [SYSTEM, USER, ASSISTANT], { thinking: "true" })));
  assert.ok(isLost(before, written("", [{ ...SYSTEM, content: "T" }, USER, ASSISTANT], { thinking: "true" })));
  assert.ok(isLost(before, written("", [SYSTEM, USER, ASSISTANT], { thinking: "false" })));
  assert.ok(isLost(before, written("V", [SYSTEM], { thinking: "true" })));
  assert.ok(isLost(written("U", [{ ...SYSTEM, role: "user" }]), written("U", [SYSTEM])), "who speaks");
  assert.ok(!isLost(written("", [{ role: "json", content: JSON.stringify(CALL) }]), written("", [json(CALL)])), "the same JSON");
  assert.ok(!isLost(written(" "), written("V")));
});
