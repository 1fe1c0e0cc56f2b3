/** Tests the Decode tab's state: which step is in view as a text grows, ends or is replaced, and as its reader chooses. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { MODEL, State } from "../../assets/decode/state.js";

const SETTINGS = { strategy: "sample", temperature: 0.8, top_k: 40, top_p: 1 };

/** A stand-in for a trace, with the members that the state reads. */
class Text {
  header = {};
  given = [];
  steps = [];
  constructor(id, steps, stopReason = null) {
    this.id = id;
    this.stopReason = stopReason;
    this.grow(steps);
  }
  get isRunning() {
    return this.stopReason === null;
  }
  get last() {
    return this.steps.length - 1;
  }
  get first() {
    return -this.given.length || Math.min(0, this.last);
  }
  grow(count) {
    for (let i = 0; i < count; i++) this.steps.push({ index: this.steps.length });
  }
  step(index) {
    return index < 0 ? this.given.at(index) : this.steps[index];
  }
  settingsOf() {
    return SETTINGS;
  }
  add({ steps, stop_reason }) {
    this.grow(steps.length);
    this.stopReason = stop_reason;
  }
}

const news = (first, count, stop_reason = null) => ({ first, steps: Array(count).fill({}), stop_reason });

function viewing(text, index = 0) {
  const state = new State();
  state.view(text, index);
  return state;
}

test("a growing text is followed: the newest step is wanted, and in view once its row is there", () => {
  const state = viewing(new Text("a", 3));
  assert.deepEqual([state.isStreaming, state.target, state.selected, state.wanted], [true, 2, null, [2]]);
  assert.equal(state.isDue(2), true);
  state.reach(2);
  assert.deepEqual([state.selected, state.isDue(1), state.isDue(3)], [2, false, true]);
  state.add(news(3, 1));
  assert.equal(state.target, 3);
});

test("a reader who turns back is not moved by the tokens that follow, and follows again from the last step", () => {
  const state = viewing(new Text("a", 3));
  state.choose(0);
  state.add(news(3, 2));
  assert.deepEqual([state.isStreaming, state.selected, state.wanted], [false, 0, [0]]);
  state.choose(4);
  assert.equal(state.isStreaming, true);
});

test("when a followed text ends, its last step is in view", () => {
  const state = viewing(new Text("a", 3));
  state.reach(1);
  state.add(news(3, 1, "length"));
  assert.deepEqual([state.selected, state.target, state.wanted], [3, 3, [3]]);
});

test("a finished text opens at the step asked for, as near as there is one", () => {
  assert.equal(viewing(new Text("a", 3, "length"), 1).selected, 1);
  assert.equal(viewing(new Text("a", 3, "length"), 9).selected, 2);
  assert.equal(viewing(new Text("a", 0, "scored"), 0).selected, null);
});

test("a text without steps is in view at its prompt, once that has numbers", () => {
  const text = new Text("a", 0, "scored");
  const state = viewing(text);
  state.chooseFirst();
  assert.equal(state.selected, null);
  text.given = [{ index: -2 }, { index: -1 }];
  state.chooseFirst();
  assert.equal(state.selected, -2);
});

test("a text that goes on after it was stopped is followed again, and news without tokens changes nothing", () => {
  const state = viewing(new Text("a", 3, "stopped"), 1);
  state.add(news(3, 0, "stopped"));
  assert.equal(state.selected, 1);
  state.add(news(3, 1));
  assert.equal(state.isStreaming, true);
});

test("what the sliders said belongs to the text in view, and comes back with it", () => {
  const state = viewing(new Text("a", 3, "length"), 2);
  state.said.temperature = 0.2;
  assert.equal(state.settingsOf({}).temperature, 0.2);
  state.viewAside(new Text("textbook", 1, "length"));
  assert.deepEqual([state.isAside, state.selected, state.settingsOf({}).temperature], [true, 0, 0.8]);
  state.leaveAside();
  assert.deepEqual([state.isAside, state.trace.id, state.selected, state.said], [false, "a", 2, { temperature: 0.2 }]);
});

test("a link's step is landed on once its text has ended, and no other text takes it", () => {
  const state = viewing(new Text("example", 9, "length"));
  state.link(5);
  assert.equal(state.landing("other"), null);
  state.view(new Text("linked", 2), 0);
  assert.equal(state.landing("linked"), null);
  state.add(news(2, 2, "length"));
  assert.equal(state.landing("linked"), 3);
  state.link(null);
  assert.equal(state.landing("linked"), null);
});

test("a stage is in view while it is in force, and choosing it again goes back", () => {
  const state = viewing(new Text("a", 1, "length"));
  assert.equal(state.stageOf(SETTINGS), "top_k");
  state.chooseStage("temperature", SETTINGS);
  assert.equal(state.stageOf(SETTINGS), "temperature");
  assert.equal(state.stageOf({ ...SETTINGS, temperature: 1 }), "top_k");
  state.chooseStage("temperature", SETTINGS);
  assert.equal(state.stageOf(SETTINGS), "top_k");
  assert.equal(state.stageOf({ strategy: "greedy" }), MODEL);
});

test("a sentence about a step goes when another is chosen, one about a run stays", () => {
  const state = viewing(new Text("a", 3, "length"));
  state.rowError = "This step cannot be shown.";
  state.runError = "Stopped.";
  assert.equal(state.notice, "Stopped.");
  state.choose(1);
  assert.deepEqual([state.rowError, state.notice], ["", "Stopped."]);
});

test("a text of an earlier visit is shown under what the sliders have told, another text under its own settings", () => {
  const state = new State();
  state.said.typical_p = 0.5;
  state.restore(new Text("a", 3, "length"), 1);
  assert.deepEqual([state.selected, state.said], [1, { typical_p: 0.5 }]);
  state.view(new Text("b", 2, "length"), 0);
  assert.deepEqual(state.said, {});
});

test("a text continues from a generated token of this model, under what is in view", () => {
  const text = new Text("a", 3, "length");
  text.given = [{ index: -1 }];
  const state = viewing(text, 1);
  state.said.top_k = 5;
  const { index, settings, refusal } = state.place;
  assert.deepEqual([index, settings.top_k, settings.temperature, refusal], [1, 5, 0.8, ""]);
  state.choose(-1);
  assert.match(state.place.refusal, /Choose one of those/);
  text.header.words = ["a"];
  assert.match(state.place.refusal, /was not generated here/);
});
