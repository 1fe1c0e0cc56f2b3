/**
 * Puts a pane of "Inside the model" on the page, below the choice of the text and the row of its tokens. A pane draws only
 * while it is in view: it is told once of each change, and when it comes into view of those that it has missed.
 *
 * @typedef {import("./looking.js").Looking} Looking
 *
 * @typedef {object} Pane
 * @property {HTMLElement} element
 * @property {() => unknown} show  draws what `looking` holds now. Called in view, when the text, the position or the theme has
 *   changed. While there is no text (`looking.text` is undefined), it takes the pictures of the last one away
 * @property {() => unknown} [goOn]  called in view when the server answers again: asks once more for what could not be had
 * @property {Record<string, string>} [notes]  what the pane says about presets of `texts.js`, by their names
 * @property {boolean} [hasTokens]  whether the pane has a row of tokens of its own, in place of the one above it
 */

import { lookingOnPage } from "./looking.js";
import { TokenRows } from "./token_rows.js";
import { make } from "../common/dom.js";
import { tn } from "../common/language.js";
import { whileMounted } from "../common/while_mounted.js";

/**
 * Called by the pane's `mount.js`, which gr.HTML's js_on_load calls.
 *
 * @param {(looking: Looking) => Pane} makePane
 * @param {HTMLElement} element  the element to fill
 * @param {{value: import("./asking.js").Opened | null}} props
 * @param {import("./asking.js").Read} read
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mountPane(makePane, element, props, read, watch) {
  const begin = () => {
    const looking = lookingOnPage();
    const place = new PanePlace(looking, makePane(looking), read);
    element.replaceChildren(place.root);
    place.start();
  };
  watch("value", () => lookingOnPage().receive(props.value));
  begin();
  whileMounted(element).onDocument("playground:model", begin);
}

class PanePlace {
  #looking;
  /** @type {Pane} */
  #pane;
  #read;
  /** @type {TokenRows | null} */
  #tokens = null;
  #texts = null; // whose tokens the row shows
  #wasSeen = false;
  #shown = -1; // the change that the pane was told of last

  constructor(looking, pane, read) {
    this.#looking = looking;
    this.#pane = pane;
    this.#read = read;
    if (!pane.hasTokens) this.#tokens = new TokenRows(looking, (query) => looking.turn(query));
    pane.element.classList.add("pg-pane");
    this.sign = make("div"); // it has no height, so what is drawn does not change its size
    this.root = make("div", "pg-root", this.sign, ...(this.#tokens?.elements ?? []), pane.element);
  }

  start() {
    const mounted = whileMounted(this.root);
    const observer = new ResizeObserver(() => this.#onResize());
    observer.observe(this.sign);
    mounted.signal.addEventListener("abort", () => observer.disconnect());
    mounted.onDocument("playground:looked", () => this.#update());
    mounted.onDocument("playground:connection", ({ detail }) => detail.isAway || this.#goOn());
  }

  get #isSeen() {
    return this.root.offsetParent !== null;
  }

  /**
   * The pane has come into view or left it, or has another width. The width changes nothing here. The bar moves within
   * the frame, or it would lose the focus; the pane is drawn in the next one, because a picture that is drawn while the
   * browser tells sizes makes it report an error.
   */
  #onResize() {
    const [wasSeen, isSeen] = [this.#wasSeen, this.#isSeen];
    this.#wasSeen = isSeen;
    if (wasSeen || !isSeen) return;
    this.#looking.enter(this.root, this.#read, this.#pane.notes ?? {});
    requestAnimationFrame(() => this.#enter());
  }

  #enter() {
    if (!this.#isSeen) return;
    this.#looking.look();
    this.#update();
  }

  #goOn() {
    if (this.#isSeen) this.#pane.goOn?.();
  }

  /** Tells the pane of a change that it does not know yet, if it is in view. */
  #update() {
    const { version, isReady, text } = this.#looking;
    if (!isReady || version === this.#shown || !this.#isSeen) return;
    this.#shown = version;
    if (!text && this.#hasFocus) this.#looking.source.list.focus(); // what has the focus goes away
    this.#showTokens();
    this.#pane.show();
  }

  get #hasFocus() {
    const focused = document.activeElement;
    return this.root.contains(focused) && !this.#looking.element.contains(focused);
  }

  #showTokens() {
    if (!this.#tokens) return;
    const { texts, text } = this.#looking;
    if (texts !== this.#texts) {
      this.#texts = texts;
      this.#tokens.begin();
      if (text && !text.isRunning) this.#looking.say(tn("The text has {n} token.", "The text has {n} tokens.", text.size));
    }
    this.#tokens.choose();
  }
}
