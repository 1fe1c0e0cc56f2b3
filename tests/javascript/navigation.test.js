/** Tests which view opens for an address, what the address holds then, and what Back and a followed link open. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

class Detailed extends Event {
  constructor(name, { detail }) {
    super(name);
    this.detail = detail;
  }
}
globalThis.CustomEvent ??= Detailed;
globalThis.HTMLElement = class {};
globalThis.MutationObserver = class {
  observe() {}
};

let count = 0;
let page;

/** A browser's window on one address. A press of Gradio's tabs needs the real page, so there are none. */
class Page extends EventTarget {
  entries = [];
  at = 0;
  opened = [];

  constructor(address) {
    super();
    this.entries.push({ address, state: null });
    globalThis.document = Object.assign(new EventTarget(), { querySelector: () => null });
    globalThis.addEventListener = this.addEventListener.bind(this);
    const url = () => new URL(this.entry.address, "http://page.test");
    const parts = ["hash", "search", "pathname", "href"];
    globalThis.location = Object.defineProperties({}, Object.fromEntries(parts.map((part) => [part, { get: () => url()[part] }])));
    globalThis.history = {
      pushState: (state, _, address) => this.#put(this.at + 1, { state, address }),
      replaceState: (state, _, address) => this.#put(this.at, { state, address }),
    };
    Object.defineProperty(globalThis.history, "state", { get: () => this.entry.state });
    document.addEventListener("playground:view", ({ detail }) => this.opened.push(detail));
  }

  get entry() {
    return this.entries[this.at];
  }

  /** @returns {string} the address without the host */
  get address() {
    return this.entry.address.replace("http://page.test", "");
  }

  #put(at, entry) {
    this.entries.splice(at, this.entries.length, entry);
    this.at = at;
  }

  go(steps) {
    const before = location.hash;
    this.at += steps;
    this.#arrive(before);
  }

  /** A link of the same page is followed, or written into the address. */
  follow(hash) {
    const before = location.hash;
    this.#put(this.at + 1, { state: null, address: location.href.split("#")[0] + hash });
    this.#arrive(before);
  }

  #arrive(before) {
    this.dispatchEvent(new Event("popstate"));
    if (location.hash !== before) this.dispatchEvent(new Event("hashchange"));
  }
}

/** Loads the page at an address. */
async function load(address, kept) {
  page = new Page(address);
  const navigation = await import(`../../assets/common/navigation.js?${count++}`);
  navigation.startNavigation(kept);
  return navigation;
}

beforeEach(() => {
  page = null;
});

test("a bare address opens Decode and stays bare", async () => {
  const { openedView } = await load("/");
  assert.equal(openedView(), "decode");
  assert.equal(page.address, "/");
});

test("a bare address opens the view that was kept, and then names it", async () => {
  const { openedView } = await load("/", "compare/settings");
  assert.equal(openedView(), "compare/settings");
  assert.equal(page.address, "/?tab=compare/settings");
});

test("what was kept of a view that is gone is passed over", async () => {
  const { openedView } = await load("/", "Compare prompts");
  assert.equal(openedView(), "decode");
});

test("the address decides before the link and before what was kept", async () => {
  for (const [address, view] of [
    ["/?tab=beams", "beams"],
    ["/?tab=inside/attention#v=1&model=m", "inside/attention"],
    ["/?tab=nonsense", "compare/prompts"],
    ["/#v=1&model=m&prompt=p", "decode"],
    ["/#prompts=abc", "compare/prompts"],
    ["/#models=abc", "compare/models"],
  ]) {
    const { openedView } = await load(address, "compare/prompts");
    assert.equal(openedView(), view, address);
    assert.equal(page.entries.length, 1);
  }
});

test("an opened view is a step in the history, with the address's link and its other parameters", async () => {
  const { openView } = await load("/?__theme=dark#v=1&model=m");
  openView("compare/settings");
  assert.equal(page.address, "/?__theme=dark&tab=compare/settings#v=1&model=m");
  openView("compare/settings"); // it is open
  assert.equal(page.entries.length, 2);
});

test("Back and Forward open what was open", async () => {
  const { openView, openedView } = await load("/");
  openView("beams");
  openView("inside/attention");
  for (const [steps, view] of [[-1, "beams"], [-1, "decode"], [2, "inside/attention"]]) {
    page.go(steps);
    assert.equal(openedView(), view);
  }
});

test("a link that is followed opens its view, and Back opens the view before, whose link is passed over", async () => {
  const { openView, openedView } = await load("/#v=1&model=m");
  openView("beams");
  page.follow("#prompts=abc");
  assert.equal(openedView(), "compare/prompts");
  assert.equal(page.address, "/?tab=compare/prompts#prompts=abc");
  page.go(-1);
  assert.equal(openedView(), "beams");
});

test("a tab opens the view of it that was open last, and only a tab with several views has a second row", async () => {
  const { openView, tabs, tabsWithin } = await load("/");
  const ids = () => tabs().map(({ id, isOpen }) => (isOpen ? `[${id}]` : id));
  assert.deepEqual(tabs().map(({ label }) => label), ["Decode", "Compare", "Beams", "Inside the model", "Learn"]);
  assert.deepEqual(ids(), ["[decode]", "compare/prompts", "beams", "inside/picture", "learn"]);
  openView("compare/settings");
  assert.deepEqual(ids(), ["decode", "[compare/settings]", "beams", "inside/picture", "learn"]);
  openView("beams");
  assert.deepEqual(ids(), ["decode", "compare/settings", "[beams]", "inside/picture", "learn"]);
  assert.deepEqual(tabsWithin("Compare").map(({ label }) => label), ["Prompts", "Settings", "Models", "Families"]);
  assert.deepEqual(tabsWithin("Beams"), []);
});

test("Fill stands in Decode's place while an encoder-only model is chosen, and a link to it brings its own model", async () => {
  const { chooseModel, learnModel } = await import("../../assets/models/models.js");
  const facts = { size: "1 k", dtype: "float32", device: "cpu", loaded: true };
  learnModel({ model: "gpt2", family: "decoder", task: null, ...facts });
  learnModel({ model: "bert", family: "encoder", task: "fill-mask", ...facts });
  const { openView, openedView, tabs, nextView } = await load("/?tab=fill");
  assert.deepEqual([openedView(), page.address], ["decode", "/?tab=decode"], "a model that writes has no Fill");
  const choose = (model) => {
    chooseModel(model);
    document.dispatchEvent(new Event("playground:model"));
  };
  choose("bert");
  assert.deepEqual([openedView(), page.address, tabs()[0].label], ["fill", "/?tab=fill", "Fill"]);
  assert.equal(nextView(), "compare/prompts");
  openView("beams");
  choose("gpt2");
  assert.deepEqual([openedView(), tabs()[0]], ["beams", { label: "Decode", id: "decode", isOpen: false }]);
  page.follow("#fill=abc");
  assert.equal(openedView(), "fill");
});
