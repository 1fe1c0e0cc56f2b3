/** Tests Step, Go on and Write it again: which text they name, and that quick presses of Step wait for each other. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Further } from "../../assets/decode/further.js";

function tab(text = { id: "a", header: {} }) {
  const asked = [];
  const told = (name) => async (data) => void asked.push({ name, ...data });
  const view = { text, isRunning: false, isOther: null, said: [] };
  const further = new Further(
    { further: told("further"), again: told("again") },
    { text: () => view.text, isRunning: () => view.isRunning, isOther: () => view.isOther, onEnd: () => {}, say: (sentence) => view.said.push(sentence) },
  );
  return { further, asked, view };
}

const step = (trace_id) => ({ name: "further", trace_id, one_step: true });

test("a step names the text in view, and begins one if there is none", () => {
  const { further, asked } = tab();
  further.step();
  assert.deepEqual(asked, [step("a")]);
  const nothing = tab(null);
  nothing.further.step();
  assert.deepEqual(nothing.asked, [step(null)]);
});

test("each quick press of Step gets its token, on the text that the one before has made", () => {
  const { further, asked, view } = tab();
  for (let i = 0; i < 3; i++) further.step();
  assert.equal(asked.length, 1);
  view.text = { id: "b", header: {} }; // what follows a finished text is a text of its own
  further.ended("b");
  further.ended("b");
  assert.deepEqual(asked, [step("a"), step("b"), step("b")]);
  further.ended("b");
  assert.equal(asked.length, 3);
});

test("in the simple face a step and a longer text begin with the sidebar's prompt where it asks for another text", async () => {
  const { further, asked, view } = tab();
  for (const [isOther, trace_id] of [[true, null], [false, "a"]]) {
    view.isOther = Promise.resolve(isOther);
    further.step();
    await view.isOther;
    further.ended("a");
    further.goOn();
    await view.isOther;
    further.ended("a");
    assert.deepEqual(asked.splice(0), [step(trace_id), { ...step(trace_id), one_step: false }]);
  }
  view.text = { id: "textbook", header: { words: [] } };
  view.isOther = Promise.resolve(true);
  further.step();
  await view.isOther;
  assert.deepEqual([asked, view.said.at(-1)], [[step(null)], ""]);
  further.goOn();
  assert.equal(view.said.at(-1), "The model is still writing. Wait until the text ends."); // this face has no Stop
});

test("presses that wait are dropped after a refusal, and when the reader turns to another text", () => {
  for (const end of [(further) => further.ended(), (further) => further.ended("other")]) {
    const { further, asked } = tab();
    further.step();
    further.step();
    end(further);
    assert.equal(asked.length, 1);
    further.step();
    assert.equal(asked.length, 2);
  }
});

test("while a text is generated, and for a text of another model, there is a sentence", () => {
  const { further, asked, view } = tab();
  view.isRunning = true;
  for (const ask of ["step", "goOn", "again", "begin"]) further[ask]();
  assert.equal(view.said.filter((sentence) => sentence.includes("Press Stop first")).length, 4);
  view.isRunning = false;
  view.text = { id: "textbook", header: { words: [] } };
  for (const ask of ["step", "goOn", "again"]) further[ask]();
  assert.equal(view.said.filter((sentence) => sentence.includes("was not generated here")).length, 3);
  assert.deepEqual(asked, []);
  further.begin();
  assert.deepEqual(asked, [step(null)]);
});

test("a step does not wait for a longer text", () => {
  const { further, asked, view } = tab();
  further.goOn();
  further.step();
  assert.match(view.said.at(-1), /Press Stop first/);
  further.ended("a");
  assert.equal(asked.length, 1);
});

test("a request that cannot be sent ends the wait", async () => {
  const { view } = tab();
  const refuse = async () => {
    throw new Error("No server.");
  };
  const further = new Further({ further: refuse, again: refuse }, { text: () => view.text, isRunning: () => false, isOther: () => null, onEnd: () => {}, say: (sentence) => view.said.push(sentence) });
  further.goOn();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(view.said, ["", "No server."]);
});
