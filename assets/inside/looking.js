/**
 * What all panes of "Inside the model" look at: one or two texts, the position of one token, and a block. There is one for
 * the whole page. It owns the choice of the text, whose bar stands above the pane in view, and asks Python to open texts.
 * The document's event "playground:looked" reports a change of the text, the position, the block or the theme; `version` counts
 * the changes, so that a pane that was out of view knows whether it has missed one.
 */

import { Announcer } from "./announcer.js";
import { Asking } from "./asking.js";
import { Following } from "./following.js";
import { SourceBar } from "./source_bar.js";
import { Looked } from "./state.js";
import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { isAlone } from "../common/recorded.js";
import { tellShown } from "../common/shown.js";
import { isDark, onTheme } from "../common/theme.js";
import { chosenModel } from "../models/models.js";
import { fetchVocabulary } from "../models/words.js";

const READING = t("Reading the text …");
const INSIDE = "inside";

export class Looking {
  /** The number of changes so far. */
  version = 0;
  /** @type {readonly string[]} the plain text to show for each token id; empty until it is fetched */
  vocabulary = [];
  #state = new Looked();
  #begun = null; // a promise, while the vocabulary is fetched and once it is there
  #isStarted = false;
  /** @type {import("./asking.js").Read} that of the pane in view */
  #read;
  #asking;
  #following;
  #announcer = new Announcer();
  #isDark = isDark();

  constructor() {
    this.textOf = (id) => this.vocabulary[id] ?? `#${id}`;
    const view = {
      isSeen: () => this.element.offsetParent !== null,
      begin: () => this.#begin(),
      show: () => this.#tell(),
      refuse: (sentence) => this.#refuse(sentence),
      open: (texts, query, preset) => this.#open(texts, query, preset),
      turn: (query) => this.turn(query),
      read: (request) => this.#read({ ...request, model: chosenModel() }),
    };
    this.#asking = new Asking(this.#state, this.textOf, view);
    this.#following = new Following(this.#state, this.textOf, view);
    this.source = new SourceBar((texts, preset) => this.#asking.ask(texts, preset), (follows) => this.#turnSource(follows));
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    /** Stands above the pane in view. */
    this.element = make("div", "pg-looking", ...(isAlone ? [] : [this.source.element]), this.notice, this.#announcer.element);
    this.#state.follows = isAlone; // such a page has one text
    document.addEventListener("playground:inview", () => this.#following.follow());
    document.addEventListener("playground:connection", ({ detail }) => detail.isAway || !this.#isStarted || this.#goOn(true));
    onTheme(() => this.#turnTheme());
  }

  /** @returns {readonly import("./text.js").Text[]} one text, or two that are compared; none while there is none */
  get texts() {
    return this.#state.texts;
  }

  /** @returns {import("./text.js").Text | undefined} the text in view, or the first of two */
  get text() {
    return this.#state.text;
  }

  /** @returns {readonly string[]} the own texts in view as they are written; none while there are none, or if it is Decode's */
  get written() {
    return this.text && !this.#state.follows ? this.#asking.texts : [];
  }

  /** @returns {string} why there is no text, "" for no reason */
  get error() {
    return this.#state.error;
  }

  /** @returns {number} the position: the chosen token of the text, which predicts the one after it; -1 without a text */
  get query() {
    return this.#state.query;
  }

  /** @returns {import("./align.js").Pairs} the tokens that two texts have in common */
  get pairs() {
    return this.#state.pairs;
  }

  /** @returns {[query: number, key: null]} the position in the second text, -1 if it has none */
  get second() {
    return this.#state.second;
  }

  /** @returns {number | null} the block that the reader has opened in the Picture, from 0; null for none */
  get block() {
    return this.#state.block;
  }

  /** @returns {string} the name of the preset in view, empty for another text */
  get preset() {
    return this.#state.preset;
  }

  /** @returns {boolean} whether the vocabulary is there */
  get isReady() {
    return this.#state.isReady;
  }

  /** @returns {boolean} whether no text has been asked for yet */
  get isFresh() {
    return this.#state.isFresh;
  }

  /** @param {number} place  0 for the first text @param {number | null} index @returns {number | null} that token's position in the first, -1 if it has none */
  inFirst(place, index) {
    return this.#state.inFirst(place, index);
  }

  /** Chooses the token that is nearest to a position. @param {number} query */
  turn(query) {
    if (this.#state.turnQuery(query)) this.#tell();
  }

  /** Opens a block. Panes that show one block show that one. @param {number} block */
  turnBlock(block) {
    if (block === this.#state.block) return;
    this.#state.block = block;
    this.#tell();
  }

  /** Lets Python open own texts. They stand in the fields too. @param {string[]} texts  one, or two to compare */
  open(texts) {
    this.source.write(texts);
    this.#turnSource(false);
    this.#asking.ask(texts, "");
  }

  /** Takes Python's answer. @param {import("./asking.js").Opened | null} message */
  receive(message) {
    if (message) return this.#asking.receive(message);
  }

  /** Tells a screen reader what happened. Where Decode is in view too, only a reader who is in the pane is told. @param {string} sentence */
  say(sentence) {
    if (isAlone && !this.element.parentElement?.contains(document.activeElement)) return;
    this.#announcer.say(sentence);
  }

  /**
   * A pane has come into view: the bar moves there. What has the focus in the bar keeps it. Nothing is drawn yet.
   *
   * @param {HTMLElement} root  of the pane
   * @param {import("./asking.js").Read} read
   * @param {Record<string, string>} notes  what the pane says about presets, by their names
   */
  enter(root, read, notes) {
    this.#read = read;
    this.source.say(notes);
    tellShown(INSIDE, this);
    const focused = document.activeElement;
    if (root.firstChild !== this.element) root.prepend(this.element);
    if (focused instanceof HTMLElement && this.element.contains(focused)) focused.focus({ preventScroll: true });
  }

  /** The pane in view can be drawn: looks at what there is to look at. */
  look() {
    if (this.#isStarted) return this.#following.follow();
    this.#isStarted = true;
    this.#goOn();
  }

  /** The server answers, perhaps again: what could not be had is asked for once more, and a text that it may have lost. */
  async #goOn(isAgain = false) {
    await this.#begin();
    const { isReady, text, follows, isFresh } = this.#state;
    if (!isReady || (text && (follows || !isAgain))) return;
    if (follows) this.#following.follow();
    else if (isFresh) this.source.begin();
    else this.#asking.askAgain();
  }

  /** Fetches the vocabulary, once. After an error the next call fetches it again. */
  #begin() {
    this.#begun ??= this.#readVocabulary().catch((error) => {
      this.#begun = null;
      this.#refuse(error.message);
    });
    return this.#begun;
  }

  async #readVocabulary() {
    this.vocabulary = await fetchVocabulary();
    this.#state.isReady = true;
    this.#refuse("");
  }

  #turnSource(follows) {
    this.#state.follows = follows;
    this.#following.follow();
  }

  #refuse(sentence) {
    this.#state.error = sentence;
    this.#tell();
  }

  #open(texts, query, preset) {
    this.#state.open(texts, query, preset);
    this.#tell();
  }

  /** Reports a change to the panes. */
  #tell() {
    const { text, error, isFresh } = this.#state;
    setText(this.notice, error);
    if (!text && !error && !isFresh) this.say(READING);
    this.version++;
    document.dispatchEvent(new CustomEvent("playground:looked"));
    if (this.#read) tellShown(INSIDE, this); // which can be moved from now on
  }

  #turnTheme() {
    if (this.#isDark === isDark()) return;
    this.#isDark = isDark();
    this.#tell();
  }
}

/** @type {Looking | null} */
let onPage = null;

document.addEventListener("playground:model", () => {
  const before = onPage;
  tellShown(INSIDE, null);
  onPage = null; // another model has other tokens, so that the panes begin again, with the same text
  if (before) lookingOnPage().source.take(before.source.chosen);
});

/** @returns {Looking} the one of the page */
export function lookingOnPage() {
  onPage ??= new Looking();
  return onPage;
}
