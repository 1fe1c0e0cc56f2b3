/** What the Compare prompts tab holds, in the orders in which edits, news and answers may come. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { State } from "../../assets/prompts/state.js";

const column = (name) => /** @type {any} */ ({ name });

function opened(count = 3) {
  const state = new State(20);
  state.columns = Array.from({ length: count }, (_, place) => column(place));
  return state;
}

const news = (run) => ({ run, columns: {} });

/** Begins a run that the reader asks for. Returns its number. */
function ran(state) {
  state.press();
  state.begin();
  return state.run;
}

test("the opening prompts run until a run has ended, however often the room for an answer changes", () => {
  const state = opened();
  assert.equal(state.shouldBegin(false), true);
  state.begin();
  assert.deepEqual([state.isRunning, state.shouldBegin(false)], [true, false]);
  state.makeRoom(2);
  assert.deepEqual([state.room, state.hasBegun, state.shouldBegin(true)], [2, false, true], "busy with the run that was left");
  state.begin();
  state.end();
  assert.equal(state.shouldBegin(false), false);
  state.makeRoom(3);
  assert.equal(state.shouldBegin(false), false);
});

test("the opening prompts do not run while the model is busy, and what the reader asks for does", () => {
  const state = opened();
  assert.deepEqual([state.shouldBegin(true), state.isOpening], [false, true]);
  state.standBack();
  assert.match(state.status, /busy/);
  assert.deepEqual([state.shouldBegin(false), state.isOpening], [false, false]);
  state.press();
  assert.deepEqual([state.shouldBegin(true), state.status], [true, "running"]);
});

test("after an edit nothing runs by itself, whatever the tab was doing", () => {
  const state = opened();
  state.edit();
  assert.equal(state.shouldBegin(false), false);
  state.press();
  state.edit();
  assert.deepEqual([state.shouldBegin(false), state.isRunning, state.status], [false, false, ""]);
  state.makeRoom(2);
  assert.equal(state.shouldBegin(false), false);
});

test("a pressed run begins although the room for an answer changes while its prompts are built, or while it runs", () => {
  const state = opened();
  state.edit();
  state.press();
  const { edition } = state;
  state.makeRoom(2);
  assert.notEqual(state.edition, edition, "other prompts are built");
  assert.deepEqual([state.isRunning, state.hasBegun, state.status, state.shouldBegin(true)], [true, false, "running", true]);
  state.begin();
  state.makeRoom(3);
  assert.deepEqual([state.isRunning, state.shouldBegin(true)], [true, true]);
  state.begin();
  state.end();
  state.makeRoom(4);
  assert.deepEqual([state.isRunning, state.shouldBegin(true)], [false, false]);
});

test("a press is taken back before its run begins, by the reader or because the prompts cannot be built", () => {
  const state = opened();
  state.press();
  state.giveUp();
  assert.deepEqual([state.isRunning, state.status, state.shouldBegin(false)], [false, "", false]);
  const another = opened();
  another.giveUp();
  assert.equal(another.shouldBegin(false), true, "the tab can still open");
});

test("news counts for the run that began last, and for none after an edit", () => {
  const state = opened();
  assert.equal(state.isNews(null), false);
  const first = ran(state);
  assert.equal(state.isNews(news(first)), true);
  state.edit();
  assert.deepEqual([state.isNews(news(first)), state.isRunning], [false, false]);
  const second = ran(state);
  assert.deepEqual([state.isNews(news(first)), state.isNews(news(second))], [false, true]);
});

test("no run has the number of an edit that came before it", () => {
  const state = opened();
  const numbers = [ran(state)];
  state.edit();
  state.edit();
  numbers.push(ran(state));
  state.end();
  numbers.push(ran(state));
  assert.equal(new Set(numbers).size, 3);
});

test("no run begins beside another, and an edit asks for the prompts again", () => {
  const state = opened();
  state.built = Promise.resolve(null);
  ran(state);
  assert.equal(state.shouldBegin(false), false);
  state.edit();
  assert.equal(state.built, null);
});

test("of the links that are followed only the last one counts, in whatever order they are read", () => {
  const state = opened();
  const first = state.follow();
  const second = state.follow();
  assert.deepEqual([state.isLatestLink(first), state.isLatestLink(second)], [false, true]);
});

test("only the newest question about label words is answered, and none from before an edit", () => {
  const state = opened();
  const first = state.ask();
  const second = state.ask();
  assert.deepEqual([state.isAsked(first), state.isAsked(second)], [false, true]);
  state.edit();
  assert.equal(state.isAsked(second), false);
});

test("a run that fails says why and makes room for the next one", () => {
  const state = opened();
  ran(state);
  assert.equal(state.status, "running");
  state.fail("The connection was lost.");
  assert.deepEqual([state.isRunning, state.status, state.notice], [false, "", "The connection was lost."]);
  assert.equal(state.shouldBegin(false), false);
  ran(state);
  assert.deepEqual([state.isRunning, state.notice], [true, ""]);
});

test("there is something to stop while the columns or an evaluation of the task run", () => {
  const state = opened();
  assert.equal(state.canStop, false);
  state.evaluate(true);
  ran(state);
  state.end();
  assert.deepEqual([state.isRunning, state.canStop], [false, true]);
  state.evaluate(false);
  assert.equal(state.canStop, false);
  ran(state);
  assert.equal(state.canStop, true);
});

test("an edit takes away what was said", () => {
  const state = opened();
  state.fail("The connection was lost.");
  state.status = "The link is copied.";
  state.edit();
  assert.deepEqual([state.notice, state.status], ["", ""]);
});

test("a column that comes or goes ends the run, and there are one to four", () => {
  const state = opened(3);
  const run = ran(state);
  state.remove(state.columns[0]);
  assert.deepEqual([state.isRunning, state.isNews(news(run))], [false, false]);
  assert.deepEqual(state.columns.map(({ name }) => name), [1, 2]);
  state.remove(state.columns[1]);
  assert.deepEqual([state.canRemove, state.canAdd], [false, true]);
  for (const name of ["a", "b", "c"]) state.add(column(name));
  assert.deepEqual([state.canRemove, state.canAdd], [true, false]);
});

test("a link's columns and room are other prompts, which do not run by themselves", () => {
  const state = opened();
  const run = ran(state);
  state.restore([column("linked")], 9);
  assert.deepEqual([state.columns.length, state.room, state.shouldBegin(false)], [1, 9, false]);
  assert.deepEqual([state.isNews(news(run)), state.isRunning], [false, false]);
});
