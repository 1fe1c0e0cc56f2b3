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

test("the opening prompts run until a run has ended, however often the room for an answer changes", () => {
  const state = opened();
  assert.equal(state.isDueToOpen, true);
  state.begin();
  assert.deepEqual([state.isRunning, state.isDueToOpen], [true, false]);
  state.makeRoom(2);
  assert.deepEqual([state.room, state.isRunning, state.isDueToOpen], [2, false, true]);
  state.begin();
  state.end();
  assert.equal(state.isDueToOpen, false);
  state.makeRoom(3);
  assert.equal(state.isDueToOpen, false);
});

test("after an edit nothing runs by itself, whatever the tab was doing", () => {
  const state = opened();
  state.edit();
  assert.equal(state.isDueToOpen, false);
  state.makeRoom(2);
  assert.equal(state.isDueToOpen, false);
});

test("news counts for the run that began last, and for none after an edit", () => {
  const state = opened();
  assert.equal(state.isNews(null), false);
  const first = state.begin();
  assert.equal(state.isNews(news(first)), true);
  state.edit();
  assert.deepEqual([state.isNews(news(first)), state.isRunning], [false, false]);
  const second = state.begin();
  assert.deepEqual([state.isNews(news(first)), state.isNews(news(second))], [false, true]);
});

test("no run has the number of an edit that came before it", () => {
  const state = opened();
  const numbers = [state.begin()];
  state.edit();
  state.edit();
  numbers.push(state.begin());
  state.end();
  numbers.push(state.begin());
  assert.equal(new Set(numbers).size, 3);
});

test("a run does not begin from prompts that were left while they were built, nor beside another run", () => {
  const state = opened();
  const { edition } = state;
  state.built = Promise.resolve([]);
  assert.equal(state.mayBegin(edition), true);
  state.edit();
  assert.deepEqual([state.mayBegin(edition), state.built], [false, null]);
  const later = state.edition;
  state.begin();
  assert.equal(state.mayBegin(later), false);
  state.end();
  assert.equal(state.mayBegin(later), true);
});

test("only the newest question about label words is answered, and none from before an edit", () => {
  const state = opened();
  const first = state.ask();
  const second = state.ask();
  assert.deepEqual([state.isAsked(first), state.isAsked(second)], [false, true]);
  state.edit();
  assert.equal(state.isAsked(second), false);
});

test("a run that is cut says why and makes room for the next one, whose beginning takes the sentence away", () => {
  const state = opened();
  state.begin();
  assert.equal(state.status, "running");
  state.cut("The connection was lost.");
  assert.deepEqual([state.isRunning, state.status, state.notice], [false, "", "The connection was lost."]);
  assert.equal(state.mayBegin(state.edition), true);
  state.begin();
  assert.deepEqual([state.isRunning, state.notice], [true, ""]);
});

test("an edit takes away what was said", () => {
  const state = opened();
  state.cut("The connection was lost.");
  state.status = "The link is copied.";
  state.edit();
  assert.deepEqual([state.notice, state.status], ["", ""]);
});

test("a column that comes or goes ends the run, and there are one to four", () => {
  const state = opened(3);
  const run = state.begin();
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
  const { edition } = state;
  const run = state.begin();
  state.restore([column("linked")], 9);
  assert.deepEqual([state.columns.length, state.room, state.isDueToOpen], [1, 9, false]);
  assert.deepEqual([state.isNews(news(run)), state.mayBegin(edition)], [false, false]);
});
