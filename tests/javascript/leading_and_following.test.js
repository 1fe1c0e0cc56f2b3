/** Tests how a page tells a class what it shows, and in which order a page that follows brings it about. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Following } from "../../assets/class/following.js";
import { Leading } from "../../assets/class/leading.js";

/** Lets everything run that waits for nothing but promises. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Makes what leads over a page that shows `page.shown`, with pauses that end when the test says so. */
function leading() {
  const page = { shown: "a", isLeading: true, sent: [], said: [], ends: [], fault: null };
  const leads = new Leading({
    isLeading: () => page.isLeading,
    scene: async () => ({ view: page.shown }),
    send: async (scene) => {
      if (page.fault) throw page.fault;
      page.sent.push(scene.view);
    },
    pause: () => new Promise((resolve) => page.ends.push(resolve)),
    say: (sentence) => page.said.push(sentence),
  });
  const pauseEnds = async () => {
    page.ends.shift()();
    await settle();
  };
  const show = async (shown) => {
    page.shown = shown;
    leads.changed();
    await settle();
  };
  return { page, leads, pauseEnds, show };
}

test("a change is sent at once, those within a pause once, and the last one always", async () => {
  const { page, pauseEnds, show } = leading();
  await show("a");
  await show("b");
  await show("c");
  assert.deepEqual(page.sent, ["a"]);
  await pauseEnds();
  assert.deepEqual(page.sent, ["a", "c"]);
  await pauseEnds();
  assert.deepEqual(page.ends, []);
  await show("d");
  assert.deepEqual(page.sent, ["a", "c", "d"]);
});

test("what is shown already is not sent again, but to another class it is", async () => {
  const { page, leads, pauseEnds, show } = leading();
  await show("a");
  await pauseEnds();
  await show("a");
  await pauseEnds();
  assert.deepEqual(page.sent, ["a"]);
  leads.forget();
  await settle();
  assert.deepEqual(page.sent, ["a", "a"]);
});

test("a scene that could not be sent is sent with the next change, and the reason is told", async () => {
  const { page, pauseEnds, show } = leading();
  page.fault = new Error("The server does not answer.");
  await show("a");
  await pauseEnds();
  await pauseEnds();
  assert.deepEqual([page.sent, page.said, page.ends.length], [[], ["The server does not answer.", "The server does not answer."], 0]);
  page.fault = null;
  await show("a");
  assert.deepEqual([page.sent, page.said.at(-1)], [["a"], ""]);
});

test("a scene that could not be sent is tried once more without a change", async () => {
  const { page, pauseEnds, show } = leading();
  page.fault = new Error("There is no such text.");
  await show("a");
  page.fault = null;
  await pauseEnds();
  assert.deepEqual([page.sent, page.said.at(-1)], [["a"], ""]);
});

test("a page that does not lead sends nothing", async () => {
  const { page, show } = leading();
  page.isLeading = false;
  await show("a");
  assert.deepEqual(page.sent, []);
});

/** Makes what follows; each scene is brought about once the test ends it. */
function following() {
  const done = { applied: [], over: [], grown: [], reached: [], ends: [] };
  const follows = new Following({
    apply: async (scene, isOver) => {
      done.applied.push(scene.view);
      await new Promise((resolve) => done.ends.push(resolve));
      if (isOver()) done.over.push(scene.view);
    },
    grow: (message) => done.grown.push(message.first),
    reached: (version) => done.reached.push(version),
  });
  const end = async () => {
    done.ends.shift()();
    await settle();
  };
  return { done, follows, end };
}

const scene = (view, trace = "t") => ({ view, trace, model: "m" });
const growth = (first, trace_id = "t") => ({ first, trace_id });

test("of scenes that come quickly the last one is brought about", async () => {
  const { done, follows, end } = following();
  follows.take({ scene: scene("a") }, 1);
  follows.take({ scene: scene("b") }, 2);
  follows.take({ scene: scene("c") }, 3);
  await end();
  await end();
  assert.deepEqual(done.applied, ["a", "c"]);
  assert.deepEqual(done.over, [], "a scene of the same text does not end the way to it");
  assert.deepEqual(done.reached, [3]);
});

test("a scene of another text ends the way to the one before", async () => {
  const { done, follows, end } = following();
  follows.take({ scene: scene("a") }, 1);
  follows.take({ scene: scene("b", "other") }, 2);
  await end();
  assert.deepEqual(done.over, ["a"]);
});

test("a text grows by every message, after the scene that shows it, and by no other text's", async () => {
  const { done, follows, end } = following();
  follows.take({ scene: scene("a"), growth: growth(0) }, 1);
  follows.take({ growth: growth(1) }, 2);
  follows.take({ growth: growth(0, "another") }, 3);
  assert.deepEqual(done.grown, []);
  await end();
  assert.deepEqual(done.grown, [0, 1]);
  follows.take({ growth: growth(2) }, 4);
  await settle();
  assert.deepEqual(done.grown, [0, 1, 2]);
  assert.deepEqual(done.reached, [3, 4]);
});

test("a page that has left brings nothing about any more", async () => {
  const { done, follows, end } = following();
  follows.take({ scene: scene("a"), growth: growth(0) }, 1);
  follows.leave();
  await end();
  assert.deepEqual([done.over, done.grown, done.reached], [["a"], [], []]);
});
