/** Tests what the presenter view shows and hides, and which keys it takes. */

import assert from "node:assert/strict";
import test from "node:test";

import { ACTIONS, actionOf, isRemoteKey } from "../../assets/presenter/actions.js";
import { PresenterState } from "../../assets/presenter/state.js";

test("the controls are hidden one by one and come back together", () => {
  const state = new PresenterState();
  const seen = [];
  for (let press = 0; press < 3; press++) {
    state.hide();
    seen.push(state.controls);
  }
  assert.deepEqual(seen, ["sliders", "none", "all"]);
});

test("everything includes the bar of actions", () => {
  const state = new PresenterState();
  state.hide();
  state.more();
  assert.equal(state.controls, "all");
  state.hide();
  state.more();
  assert.deepEqual([state.hasMore, state.controls], [false, "sliders"]);
});

test("another view begins without a guess and without a frozen picture", () => {
  const state = new PresenterState();
  state.enter();
  state.guess();
  state.freeze();
  state.turn();
  assert.deepEqual([state.isOn, state.isGuessing, state.isFrozen], [true, false, false]);
});

test("who leaves and comes back begins anew", () => {
  const state = new PresenterState();
  state.enter();
  state.guess();
  state.hide();
  state.more();
  state.leave();
  assert.deepEqual(state, new PresenterState());
});

globalThis.Element ??= class {};

/** A key press in an element that lies within the elements that fit one of the selectors. */
class Place extends Element {
  constructor(...within) {
    super();
    this.within = within;
  }

  closest(selectors) {
    return selectors.split(", ").some((one) => this.within.includes(one)) ? this : null;
  }
}

const press = (key, target = new Place(), rest = {}) => actionOf({ key, target, defaultPrevented: false, ...rest });

test("each key has one action", () => {
  const keys = ACTIONS.flatMap(({ keys }) => keys);
  assert.equal(new Set(keys).size, keys.length);
});

test("a remote control's keys turn the tokens and hide the bars", () => {
  assert.deepEqual(["PageDown", "PageUp", ".", "b", "B"].map((key) => press(key)), ["next", "back", "guess", "guess", "guess"]);
});

test("a key that is typed, or that another part has taken, does nothing", () => {
  assert.equal(press("b", new Place("textarea")), undefined);
  assert.equal(press("ArrowRight", new Place(), { defaultPrevented: true }), undefined);
  assert.equal(press("f", new Place(), { ctrlKey: true }), undefined);
  assert.equal(press("q"), undefined);
});

test("arrow keys move a slider that has the focus, and letters still act there", () => {
  const slider = new Place("input[type=range]");
  assert.equal(press("ArrowRight", slider), undefined);
  assert.equal(press("z", slider), "freeze");
});

test("the keys that remote controls send are those of a few actions", () => {
  const sent = ["PageDown", "PageUp", "b", "B", "."];
  assert.deepEqual(sent.map((key) => isRemoteKey({ key }) && press(key)), ["next", "back", "guess", "guess", "guess"]);
  for (const key of ["ArrowRight", "z", "Escape", "Enter"]) assert.equal(isRemoteKey({ key }), false);
});
