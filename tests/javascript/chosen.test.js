/** Which model a page chooses when those that it asked for cannot be had. */

import assert from "node:assert/strict";
import { test } from "node:test";

const model = (name, loaded) => ({ model: name, loaded, words: loaded ? `files/${name}/vocabulary.json` : undefined });
globalThis.document = Object.assign(new EventTarget(), { baseURI: "http://localhost/" });
globalThis.playgroundModels = [model("first", true), model("broken", false), model("worse", false), model("second", false)];
const { mount } = await import("../../assets/models/chosen.js");
const { chosenModel } = await import("../../assets/models/models.js");

const asked = [];
globalThis.fetch = (address) => {
  if (address.pathname.endsWith("vocabulary.json")) return Promise.resolve(Response.json({ tokens: [] }));
  return new Promise((resolve) => asked.push({ name: address.searchParams.get("model"), resolve }));
};
const said = [];
document.addEventListener("playground:loading", ({ detail }) => detail.error && said.push([detail.model, detail.error]));
const props = { value: "first" };
mount({ isConnected: true }, props, () => {});

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const choose = (name) => document.dispatchEvent(new CustomEvent("playground:choose", { detail: name }));

async function answer(name, body, status = 200) {
  const place = asked.findIndex((one) => one.name === name);
  asked.splice(place, 1)[0].resolve(Response.json(body, { status }));
  await settled();
}

test("of two models that cannot be had, chosen one after the other, the page goes back to the one in use", async () => {
  choose("broken");
  choose("worse");
  await answer("broken", { detail: "broken cannot be read." }, 503);
  assert.equal(chosenModel(), "worse", "what a reader does not wait for any more changes nothing");
  await answer("worse", { detail: "worse cannot be read." }, 503);
  assert.deepEqual([chosenModel(), props.value], ["first", "first"]);
  assert.deepEqual(said, [["first", "worse cannot be read."]]);
  assert.deepEqual(asked, [], "it asks for neither again");
});

test("a model that is there is the one to go back to", async () => {
  choose("second");
  await answer("second", model("second", true));
  choose("broken");
  await answer("broken", { detail: "broken cannot be read." }, 503);
  assert.deepEqual([chosenModel(), props.value], ["second", "second"]);
});
