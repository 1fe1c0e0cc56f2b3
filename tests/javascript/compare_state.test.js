/** The state of the Compare settings tab: the texts of a grid as they come, whether it runs, and the next grid's rows. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { State } from "../../assets/compare/state.js";

const plain = { strategy: "sample", temperature: 1, top_k: 0, num_beams: 1 };
const presets = {
  Greedy: { ...plain, strategy: "greedy" },
  Focused: { ...plain, temperature: 0.5 },
  Balanced: { ...plain, temperature: 0.8 },
  Creative: { ...plain, temperature: 1.2 },
  "Pure sampling": plain,
};
const cell = (row, seed = 0, text = "") => ({ prompt: 0, row, seed, text });
const news = (done, cells = [], state = "running", grid = "1") => ({ kind: "grid", grid, state, done, cells, seeds: [0], table: [] });

function opened(rows = 5) {
  return new State({ presets, limits: { prompts: 1, rows, seeds: 1, new_tokens: 1 } });
}

function told(...messages) {
  const state = opened();
  for (const message of messages) state.take(message);
  return state;
}

const keys = (state) => [...state.grid.cells.keys()];
const temperatures = ({ rows }) => rows.map(({ temperature }) => temperature);

test("a grid's texts come one by one, and its last news, which has all of them again, replaces them", () => {
  const state = told(news(0), news(1, [cell(2)]), news(2, [cell(0, 7)]));
  assert.deepEqual([keys(state), state.isRunning], [["0/2/0", "0/0/7"], true]);
  state.take(news(3, [cell(2, 0, "again"), cell(0, 7), cell(1)], "done"));
  assert.deepEqual([keys(state), state.isRunning], [["0/2/0", "0/0/7", "0/1/0"], false]);
  assert.equal(state.grid.cells.get("0/2/0").text, "again");
});

test("another grid begins without the texts of the one before", () => {
  const state = told(news(0), news(1, [cell(0)], "done"), news(0, [], "running", "2"));
  assert.deepEqual([keys(state), state.isRunning], [[], true]);
});

test("another grid begins without those texts although its first news was lost", () => {
  const state = told(news(0), news(1, [cell(0)], "done"), news(1, [cell(2)], "running", "2"));
  assert.deepEqual(keys(state), ["0/2/0"]);
});

test("a grid whose first news was lost is shown with what it has, and one stopped before its first text keeps none", () => {
  assert.deepEqual(keys(told(news(2, [cell(1)]))), ["0/1/0"]);
  const state = told(news(0), news(0, [], "stopped"));
  assert.deepEqual([keys(state), state.isRunning], [[], false]);
});

test("an error ends the grid, until news of it says that it goes on", () => {
  const state = opened();
  state.fail("There is no prompt.");
  assert.deepEqual([state.grid, state.isRunning, state.notice], [null, false, "There is no prompt."]);
  state.take(news(0));
  state.fail("Another grid is still running.");
  assert.deepEqual([state.isRunning, state.notice], [false, "Another grid is still running."]);
  state.take(news(1, [cell(0)]));
  assert.deepEqual([state.isRunning, state.notice, keys(state)], [true, "", ["0/0/0"]]);
});

test("a text that cannot be opened leaves the grid that runs", () => {
  const state = told(news(0));
  state.say("This text is refused.");
  assert.deepEqual([state.isRunning, state.notice], [true, "This text is refused."]);
});

test("a grid runs from the press to its last news or to an error", () => {
  const state = opened();
  state.begin();
  assert.deepEqual([state.grid, state.isRunning], [null, true]);
  state.fail("There is no prompt.");
  assert.equal(state.isRunning, false);
  const seen = [() => state.begin(), () => state.take(news(0)), () => state.take(news(1, [cell(0)], "done")), () => state.begin()];
  const runs = seen.map((action) => {
    action();
    return state.isRunning;
  });
  assert.deepEqual(runs, [true, true, false, true]);
  assert.equal(state.grid.state, "done", "of the grid before");
});

test("an error stops the grid that runs, and its texts stay", () => {
  const state = told(news(0), news(1, [cell(0)]));
  const seen = state.grid;
  state.fail("Lost.");
  assert.deepEqual([state.isRunning, state.grid.state, keys(state), state.notice], [false, "stopped", ["0/0/0"], "Lost."]);
  assert.equal(seen.state, "running", "what a view holds does not change under it");
});

test("an error of another grid leaves the state of the one that ended", () => {
  const state = told(news(0), news(1, [cell(0)], "done"));
  state.begin();
  state.fail("There is no prompt.");
  assert.deepEqual([state.isRunning, state.grid.state], [false, "done"]);
});

test("rows are added up to the limit, and one that is removed makes room", () => {
  const state = opened();
  assert.deepEqual([temperatures(state), state.hasRoom], [[1, 0.5, 0.8, 1.2], true]);
  state.addRow({ ...plain, temperature: 2 });
  state.addRow({ ...plain, temperature: 3 });
  assert.deepEqual([temperatures(state), state.hasRoom], [[1, 0.5, 0.8, 1.2, 2], false]);
  state.removeRow(1);
  assert.deepEqual([temperatures(state), state.hasRoom], [[1, 0.8, 1.2, 2], true]);
  assert.deepEqual(temperatures(opened(2)), [1, 0.5]);
});

test("an edit changes neither a preset nor the rows that are being asked for", () => {
  const state = opened();
  const asked = state.rows;
  const before = structuredClone(asked);
  state.changeRow(1, { temperature: 0.7 });
  state.chooseStrategy(0, "beam");
  state.removeRow(3);
  assert.deepEqual(asked, before);
  assert.equal(presets.Focused.temperature, 0.5);
  assert.deepEqual(temperatures(state), [1, 0.7, 0.8]);
});

test("a row that becomes a beam search has more than one beam, and keeps the number that it had", () => {
  const state = opened();
  state.chooseStrategy(0, "beam");
  state.changeRow(1, { num_beams: 6 });
  state.chooseStrategy(1, "beam");
  state.chooseStrategy(2, "greedy");
  assert.deepEqual(state.rows.slice(0, 3).map((row) => [row.strategy, row.num_beams]), [["beam", 4], ["beam", 6], ["greedy", 1]]);
});

test("a sweep repeats the first row along a setting, in whole numbers where it needs them, each one once", () => {
  const state = opened();
  state.changeRow(0, { top_k: 9 });
  state.sweep("temperature", 0.1, 0.5, 3);
  assert.deepEqual(state.rows, [0.1, 0.3, 0.5].map((temperature) => ({ ...plain, temperature, top_k: 9 })));
  state.sweep("top_k", 1, 3, 5);
  assert.deepEqual(state.rows.map(({ top_k }) => top_k), [1, 2, 3]);
  state.setRows([]);
  state.sweep("temperature", 1, 2, 9);
  assert.deepEqual(state.rows, [1, 1.125, 1.25, 1.375, 1.5].map((temperature) => ({ ...plain, temperature })));
});

test("a sweep over the order takes the first row that an order changes, once as each engine runs it", () => {
  const state = opened(8);
  state.setRows([presets.Greedy, { ...presets.Focused, top_k: 20 }, { ...presets.Balanced, top_p: 0.9, order: "vllm" }]);
  state.sweepOrders();
  assert.deepEqual(state.rows.map(({ order }) => order), ["transformers", "llama.cpp", "vllm", "openai"]);
  assert.deepEqual(state.rows.map(({ order, ...row }) => row), Array(4).fill({ ...presets.Focused, top_k: 20 }));
});

test("where no order changes a row, the sweep takes the first one, or pure sampling", () => {
  const state = opened(8);
  state.setRows([presets.Greedy]);
  state.sweepOrders();
  assert.deepEqual(state.rows.map(({ strategy }) => strategy), Array(4).fill("greedy"));
  state.setRows([]);
  state.sweepOrders();
  assert.deepEqual(state.rows[1], { ...plain, order: "llama.cpp" });
});
