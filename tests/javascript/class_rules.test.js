/** Tests what a class lets the reader of a page do. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { rulesOf } from "../../assets/class/rules.js";

const MODE = { frozen: false, blank: false, paused: false };
const MAY = { leave: true, settings: true, play: true };
const FOLLOWS = { role: "pupil", isLeading: false, isFollowing: true };
const ALONE = { ...FOLLOWS, isFollowing: false };
const LEADS = { ...ALONE, isLeading: true };

/** @returns {[boolean, boolean, boolean]} whether the page follows, may write texts, and may move settings */
function allowed(page, may = {}, mode = {}, ended = false) {
  const { follows, noPlay, noSettings } = rulesOf({ ...page, state: { may: { ...MAY, ...may }, mode: { ...MODE, ...mode }, ended } });
  return [follows, noPlay === "", noSettings === ""];
}

test("a page that follows writes nothing, and moves settings if the teacher lets it", () => {
  assert.deepEqual(allowed(FOLLOWS), [true, false, true]);
  assert.deepEqual(allowed(FOLLOWS, { settings: false }), [true, false, false]);
});

test("a pupil who plays alone may all that the teacher lets pupils do", () => {
  assert.deepEqual(allowed(ALONE, { settings: false }), [false, true, true]);
  assert.deepEqual(allowed(ALONE, { play: false }), [false, false, true]);
});

test("whoever leads may all, and so may the teacher, and everybody after the class", () => {
  const none = { leave: false, settings: false, play: false };
  assert.deepEqual(allowed(LEADS, none), [false, true, true]);
  assert.deepEqual(allowed({ ...FOLLOWS, role: "teacher" }, none), [true, true, true]);
  assert.deepEqual(allowed(ALONE, none, {}, true), [false, true, true]);
});

test("a pause and a blank page keep everybody but the teacher from everything", () => {
  for (const mode of [{ paused: true }, { blank: true }]) {
    for (const page of [FOLLOWS, ALONE, LEADS]) assert.deepEqual(allowed(page, {}, mode).slice(1), [false, false]);
    assert.deepEqual(allowed({ ...LEADS, role: "teacher" }, {}, mode).slice(1), [true, true]);
  }
});

test("the reason names what the reader can do about it", () => {
  const reasons = (may) => rulesOf({ ...FOLLOWS, state: { may: { ...MAY, ...may }, mode: MODE, ended: false } });
  assert.match(reasons({}).noPlay, /Press “Play alone”/);
  assert.doesNotMatch(reasons({ leave: false }).noPlay, /Play alone/);
  assert.doesNotMatch(reasons({ leave: false, settings: false }).noSettings, /Play alone/);
});
