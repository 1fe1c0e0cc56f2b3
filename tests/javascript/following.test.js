/** How the panes follow the Decode tab: which fetched text comes into view, and at which step. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = Object.assign(new EventTarget(), { baseURI: "http://localhost/" });
const { Following } = await import("../../assets/inside/following.js");
const { Looked } = await import("../../assets/inside/state.js");
const { tellInView } = await import("../../assets/common/views.js");

/** A pane that follows the Decode tab. `asked` holds the fetches under way, oldest first. */
function following() {
  const state = Object.assign(new Looked(), { isReady: true, follows: true });
  const asked = [];
  globalThis.fetch = (address) => new Promise((resolve, reject) => asked.push({ path: address.pathname, resolve, reject }));
  const opened = [];
  const open = (texts, query) => {
    state.open(texts, query);
    opened.push([texts[0].traceId, query]);
  };
  const turn = (query) => state.turnQuery(query);
  const following = new Following(state, String, { isSeen: () => true, show: () => {}, open, turn });
  const view = (traceId, index) => {
    tellInView({ traceId, index });
    following.follow();
    return settled();
  };
  return { state, asked, opened, view };
}

/** The server's answer: a text of one prompt token and `steps` more. */
function answer({ resolve }, trace_id, steps, stop_reason = "length") {
  const message = { trace_id, header: { prompt_ids: [0] }, steps: Array.from({ length: steps }, () => ({ token_id: 1 })), stop_reason };
  resolve(Response.json(message));
  return settled();
}

/** Refuses a fetch. */
function refuse({ reject }) {
  reject(new Error("The network is gone."));
  return settled();
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a text that cannot be fetched is no error once the reader looks at texts of his own", async () => {
  const { state, asked, view } = following();
  await view("a", 0);
  state.follows = false;
  await refuse(asked[0]);
  assert.equal(state.error, "");
});

test("a text that cannot be fetched is no error once another text is in view, and else is one", async () => {
  const { state, asked, opened, view } = following();
  await view("a", 0);
  await view("b", 0);
  await answer(asked[1], "b", 2);
  await refuse(asked[0]);
  assert.deepEqual([state.error, opened], ["", [["b", 0]]]);
  await view("c", 0);
  await refuse(asked[2]);
  assert.equal(state.error, "The server does not answer. Check that it is still running.");
});

test("a text under way is fetched once, and comes into view at the step that is in view then", async () => {
  const { asked, opened, view } = following();
  for (const step of [0, 1, 2]) await view("a", step);
  assert.equal(asked.length, 1);
  await answer(asked[0], "a", 3);
  assert.deepEqual(opened, [["a", 2]]);
});

test("an answer to an earlier fetch of the same text comes too late", async () => {
  const { state, asked, opened, view } = following();
  await view("a", 0);
  await view("b", 0);
  await view("a", 3);
  assert.equal(asked.length, 3);
  await answer(asked[2], "a", 4);
  await answer(asked[0], "a", 1);
  assert.deepEqual([opened, state.query], [[["a", 3]], 3]);
});

test("after an error the text is fetched again with the next step", async () => {
  const { asked, opened, view } = following();
  await view("a", 0);
  await refuse(asked[0]);
  await view("a", 1);
  await answer(asked[1], "a", 2);
  assert.deepEqual(opened, [["a", 1]]);
});

test("the same place again leaves the query that the reader has chosen, and the next place does not", async () => {
  const { state, asked, view } = following();
  await view("a", 1);
  await answer(asked[0], "a", 3);
  state.turnQuery(0);
  await view("a", 1); // the tab has come into view again
  assert.equal(state.query, 0);
  await view("a", 2);
  assert.equal(state.query, 2);
});
