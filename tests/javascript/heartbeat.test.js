/** Tests which connection tells the server that the page is open, and that its end is noticed. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { Heartbeat } from "../../assets/common/heartbeat.js";

afterEach(() => delete globalThis.playgroundClass);

/** Makes a heartbeat whose connection to Gradio stays open until `end` is called. */
function beating(hasClass) {
  if (hasClass) globalThis.playgroundClass = true;
  const told = [];
  let end = () => {};
  const open = async (visit) => {
    told.push(`opened ${visit}`);
    return new Response(new ReadableStream({ start: (controller) => void (end = () => controller.close()) }));
  };
  return { heartbeat: new Heartbeat(open, () => told.push("lost")), told, end: () => end() };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("without a class, Gradio's heartbeat is opened once, and its end is a loss", async () => {
  const { heartbeat, told, end } = beating(false);
  heartbeat.hold();
  assert.deepEqual(told, []); // the visit has no name yet
  heartbeat.begin("v1");
  heartbeat.hold();
  heartbeat.hold();
  await settled();
  end();
  await settled();
  assert.deepEqual(told, ["opened v1", "lost"]);
});

test("in a class, the stream waits for the visit's name, stands in, and its end is a loss", async () => {
  const { heartbeat, told } = beating(true);
  const listening = heartbeat.standIn(async (headers) => told.push(headers["X-Playground-Heartbeat"]));
  await settled();
  assert.deepEqual(told, []);
  heartbeat.begin("v1");
  heartbeat.hold();
  await listening;
  assert.deepEqual(told, ["v1", "lost"]);
});

test("a stream that breaks off is a loss, one that is refused is none", async () => {
  const { heartbeat, told } = beating(true);
  heartbeat.begin("v1");
  await assert.rejects(heartbeat.standIn(() => Promise.reject(Object.assign(new Error("Full."), { status: 503 }))), /Full/);
  assert.deepEqual(told, []);
  await assert.rejects(heartbeat.standIn(() => Promise.reject(new Error("Gone."))), /Gone/);
  assert.deepEqual(told, ["lost"]);
});

test("where no stream stands in, Gradio's heartbeat is opened, and a later stream does not end it", async () => {
  const { heartbeat, told } = beating(true);
  heartbeat.begin("v1");
  heartbeat.standAlone();
  await settled();
  await heartbeat.standIn(async (headers) => assert.deepEqual(headers, {}));
  assert.deepEqual(told, ["opened v1"]);
});
