/** Tests the connection to a class: what is read from the stream, who leads and follows, and how a lost class is found again. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Room } from "../../assets/class/room.js";
import { Pieces } from "../../assets/class/stream.js";

const told = (version, changed, begun = "a") => `data: ${JSON.stringify({ version, begun, changed })}\n\n`;
const json = (value) => new Response(JSON.stringify(value));
const refused = (status) => Object.assign(new Error("Refused."), { status });

test("messages are put together from pieces, and comments are left out", () => {
  const pieces = new Pieces();
  assert.deepEqual(pieces.add(': still here\n\ndata: {"ver'), []);
  assert.deepEqual(pieces.add('sion":1}\n\nevent: desk\ndata: {"pupils":[]}\n'), [{ event: "message", data: { version: 1 } }]);
  assert.deepEqual(pieces.add("\n"), [{ event: "desk", data: { pupils: [] } }]);
});

/** Makes a room whose server answers each request with the next of its answers; after the last one the class is over. */
function roomOf(role, answers, { token = "" } = {}) {
  const asked = [];
  const here = [];
  const standing = [];
  const kept = { token, nickname: "Ada" };
  const left = [...answers, told(99, { ended: true })];
  const room = new Room({
    role,
    async ask(path, options) {
      const sent = options?.body ? JSON.parse(String(options.body)) : null;
      if (path === "here") {
        here.push(sent);
        return json({});
      }
      asked.push(sent ? [path, sent] : [path]);
      const answer = path === "events" || left[0] instanceof Error ? left.shift() : json(path === "who" ? { role, number: 4, nickname: "Ada" } : { token: "new", number: 4, nickname: sent.nickname });
      if (answer instanceof Error) throw answer;
      return typeof answer === "string" ? new Response(answer) : answer;
    },
    heartbeat: { standIn: (listen) => listen({}), standAlone: () => standing.push(room.state.ended) },
    pause: () => Promise.resolve(),
    token: { has: () => kept.token !== "", keep: (given) => (kept.token = given ?? "") },
    nickname: { get: () => kept.nickname, keep: (name) => (kept.nickname = name) },
  });
  return { room, asked, kept, here, standing };
}

test("a pupil joins, and what changes is merged into what is known", async () => {
  const { room, asked, kept } = roomOf("pupil", [told(1, { here: 1, scene: { view: "decode" } }) + told(2, { here: 2 })]);
  const heard = [];
  room.onChange((changed) => heard.push([...changed, room.state.here, room.state.scene?.view]));
  await room.start();
  assert.deepEqual(asked.slice(0, 2), [["join", { nickname: "Ada" }], ["events"]]);
  assert.equal(kept.token, "new");
  assert.deepEqual(room.me, { number: 4, nickname: "Ada" });
  assert.deepEqual(heard.slice(0, 2), [["here", "scene", "connection", "me", "begun", 1, "decode"], ["here", 2, "decode"]]);
});

test("a pupil whose token is not known any more joins again under the same name", async () => {
  const { room, asked, kept } = roomOf("pupil", [refused(403), told(1, {})], { token: "old" });
  await room.start();
  assert.deepEqual(asked.slice(0, 3), [["who"], ["join", { nickname: "Ada" }], ["events"]]);
  assert.equal(kept.token, "new");
});

test("the desk hears again who plays alone when the class is found again", async () => {
  const { room, here } = roomOf("pupil", [told(1, {}), refused(403), told(1, {})]);
  room.setAlone(true);
  await room.start();
  assert.deepEqual(here.slice(0, 2), [{ version: 0, alone: true }, { version: 0, alone: true }]);
});

test("a class that begins while the page is telling the last one hears it too", async () => {
  const stream = new ReadableStream({
    async start(controller) {
      for (const begun of ["a", "b"]) controller.enqueue(new TextEncoder().encode(told(1, {}, begun)));
      for (let turn = 0; turn < 100; turn++) await null; // the page tells meanwhile
      controller.close();
    },
  });
  const { room, here } = roomOf("pupil", [new Response(stream)]);
  room.setAlone(true);
  await room.start();
  assert.deepEqual(here.slice(0, 2), [{ version: 0, alone: true }, { version: 0, alone: true }]);
});

test("a page tells a class nothing once it has ended, as nobody knows its pupil there", async () => {
  const { room, here } = roomOf("pupil", [told(1, {}) + told(2, { ended: true })]);
  room.onChange((changed) => changed.includes("ended") && room.reached(2));
  await room.start();
  await new Promise((resolve) => setImmediate(resolve)); // until the page may tell news again
  assert.deepEqual(here, [{ version: 0, alone: false }]);
});

test("the page keeps its own heartbeat where the class refuses it and when the class is over, and not when it only joins anew", async () => {
  const joining = roomOf("pupil", [refused(403), told(1, {})], { token: "old" });
  await joining.room.start();
  assert.deepEqual(joining.standing, [true]);
  const teacher = roomOf("teacher", [refused(403), new Error("The server does not answer."), told(1, {})]);
  await teacher.room.start();
  assert.deepEqual(teacher.standing, [false, true]);
});

test("another class begins from nothing, and listeners hear that it is another one", async () => {
  const { room } = roomOf("teacher", [told(7, { here: 5, question: { id: "q" } }), told(1, { here: 1 }, "b")]);
  const begun = [];
  room.onChange((changed) => changed.includes("begun") && begun.push([room.state.here, room.state.question]));
  await room.start();
  assert.deepEqual(begun.slice(0, 2), [[5, { id: "q" }], [1, null]]);
});

test("a refusal is a sentence to show, and a lost connection is none", async () => {
  const { room } = roomOf("teacher", [refused(403), new Error("The server does not answer.")]);
  const heard = [];
  room.onChange((changed) => changed.includes("connection") && heard.push([room.isConnected, room.refusal]));
  await room.start();
  assert.deepEqual(heard.slice(0, 3), [[false, "Refused."], [false, ""], [true, ""]]);
});

test("who leads does not follow, and a pupil who plays alone does not either", async () => {
  const lead = { number: 4, name: "Ada" };
  const states = (role) => {
    const { room } = roomOf(role, []);
    room.me = { number: 4, nickname: "Ada" };
    return [null, lead, { number: 5, name: "" }].map((one) => {
      room.state = { ...room.state, lead: one };
      return [room.isLeading, room.isFollowing];
    });
  };
  const [leads, follows] = [[true, false], [false, true]];
  assert.deepEqual(states("teacher"), [leads, follows, follows]);
  assert.deepEqual(states("pupil"), [follows, leads, follows]);
  assert.deepEqual(states("projector"), [follows, follows, follows]);
  const { room } = roomOf("pupil", []);
  room.setAlone(true);
  assert.equal(room.isFollowing, false);
});
