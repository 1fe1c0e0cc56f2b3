/**
 * The Attention tab: joins the texts, the server's weights and the reader's choices to the pictures. What it shows is in
 * `state.js`. When another text is chosen, the pictures of the last one are removed at once.
 */

import { Announcer } from "./announcer.js";
import { Asking } from "./asking.js";
import { choice, choose } from "./choice.js";
import { BertvizFrame } from "./bertviz_frame.js";
import { Following } from "./following.js";
import { HeadControls } from "./head_controls.js";
import { HeadsPane } from "./heads_pane.js";
import { Limits } from "./limits.js";
import { Maps } from "./maps.js";
import { fetchFacts, fetchHeads, fetchMap, fetchRollout } from "./reader.js";
import { SourceBar } from "./source_bar.js";
import { State } from "./state.js";
import { SwitchOff } from "./switch_off.js";
import { Tables } from "./tables.js";
import { TokenRows } from "./token_rows.js";
import { capital, headName } from "./words.js";
import { make, setText } from "../common/dom.js";
import { fetchVocabulary } from "../common/server.js";
import { plural } from "../common/words.js";
import { SinkLine } from "./sink_line.js";

const READING = "Reading the text …";

export class AttentionTab {
  #state = new State();
  /** @type {readonly string[]} */
  #vocabulary = [];
  #begun = null; // a promise, while the vocabulary and the model's facts are fetched and once they are there
  #asking;
  #following;
  #wasSeen = false;

  /** @param {(request: {texts: string[], asked: number}) => void} read  asks Python to open texts */
  constructor(read) {
    this.textOf = (id) => this.#vocabulary[id] ?? `#${id}`;
    const view = {
      isSeen: () => this.#isSeen,
      begin: () => this.#begin(),
      show: () => this.#show(),
      refuse: (sentence) => this.#refuse(sentence),
      open: (texts, query, key) => this.#open(texts, query, key),
      turn: (query) => this.#turnQuery(query),
      read,
    };
    this.#asking = new Asking(this.#state, this.textOf, view);
    this.#following = new Following(this.#state, this.textOf, view);
    this.announcer = new Announcer();
    this.source = new SourceBar((texts, look) => this.#asking.ask(texts, look), (follows) => this.#turnSource(follows));
    this.tokens = new TokenRows(this.#state, (query) => this.#turnQuery(query), (key) => this.#turnKey(key));
    this.controls = new HeadControls();
    this.maps = new Maps(this.#state, (query, key) => this.#turnCell(query, key), (isRollout, isLog) => this.#turnMaps(isRollout, isLog));
    this.heads = new HeadsPane((layer, head) => choose({ layer, head }));
    this.tables = new Tables();
    this.switchOff = new SwitchOff(this.textOf);
    this.bertviz = new BertvizFrame();
    this.limits = new Limits();
    this.#build();
    this.#show();
  }

  /** Puts the parts together. */
  #build() {
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.sink = new SinkLine();
    const bar = make("div", "pg-attention-bar", this.controls.element, this.maps.controls, this.switchOff.bar);
    const pictures = make("div", "pg-pictures", this.maps.element, this.heads.element);
    const parts = [this.sink.element, this.switchOff.element, this.tables.element, this.bertviz.element, this.limits.element];
    this.body = make("div", "pg-attention", ...this.tokens.elements, bar, pictures, make("div", "pg-more", ...parts));
    this.empty = make("p", "pg-empty", "The tokens of a text appear here, with what each of them looks at.");
    this.element = make("div", "pg-root", this.source.element, this.notice, this.announcer.element, this.empty, this.body);
  }

  start() {
    new ResizeObserver(() => this.#onResize()).observe(this.element);
    this.goOn();
  }

  /** The server answers, perhaps again: what could not be had is asked for once more. */
  async goOn() {
    await this.#begin();
    const { isReady, text, follows, isFresh } = this.#state;
    if (!isReady || text) return;
    if (follows) this.follow();
    else if (isFresh) this.source.begin();
    else this.#asking.askAgain();
  }

  /** Fetches the vocabulary and the model's facts, once. After an error the next call fetches them again. */
  #begin() {
    this.#begun ??= this.#readModel().catch((error) => {
      this.#begun = null;
      this.#refuse(error.message);
    });
    return this.#begun;
  }

  async #readModel() {
    this.#vocabulary = await fetchVocabulary();
    const facts = await fetchFacts();
    this.#state.facts = facts;
    this.#refuse("");
    this.source.element.hidden = !this.#state.isReady;
    if (!this.#state.isReady) return setText(this.empty, facts.reason);
    this.limits.show(facts.max_error);
    this.controls.begin(facts);
  }

  get #isSeen() {
    return this.element.offsetParent !== null;
  }

  /** The tab has come into view or left it, or has another size. The size changes nothing that is chosen. */
  #onResize() {
    const [wasSeen, isSeen] = [this.#wasSeen, this.#isSeen];
    this.#wasSeen = isSeen;
    if (!isSeen) return;
    if (!wasSeen) this.follow();
    if (this.#state.heads) this.heads.redraw();
  }

  /** Shows the text and the step of the Decode tab, if the reader has chosen to follow it. */
  follow() {
    this.#following.follow();
  }

  #turnSource(follows) {
    this.#state.follows = follows;
    this.follow();
  }

  /** Takes Python's answer. @param {import("./mount.js").Opened | null} message */
  receive(message) {
    if (message) return this.#asking.receive(message);
  }

  #refuse(sentence) {
    this.#state.error = sentence;
    this.#show();
  }

  /** @param {import("./text.js").Text[]} texts @param {number} query @param {number | null} [key] */
  async #open(texts, query, key = null) {
    const state = this.#state;
    state.open(texts);
    this.#show();
    this.tokens.begin();
    this.body.classList.toggle("pg-two-texts", texts.length > 1);
    this.maps.begin();
    this.heads.begin(state.text, state.facts);
    this.tables.begin();
    state.turnQuery(query);
    state.turnKey(key);
    await Promise.all([this.#readRows(), this.#readMaps()]);
    if (texts !== state.texts || state.error || state.text.isRunning) return;
    this.announcer.say(`The text has ${plural(state.text.size, "token")}. ${this.#described()}`);
  }

  /** @returns {string} what the pictures show, for a reader who does not see them */
  #described() {
    return `${capital(headName(choice().layer, choice().head))} is shown. ${this.tokens.said.textContent}.`;
  }

  /** @param {number} index */
  async #turnQuery(index) {
    if (!this.#state.turnQuery(index)) return;
    await this.#readRows();
    this.#announce();
    this.#readBeside();
  }

  #turnKey(key) {
    this.#state.turnKey(key);
    this.#showChosen();
    this.tokens.say(this.#state.key);
    this.#announce();
  }

  /** Tells a screen reader the sentence below the tokens. A cell of a picture that has the focus tells its own. */
  #announce() {
    if (this.#state.heads && document.activeElement?.role !== "gridcell") this.announcer.say(this.tokens.said.textContent);
  }

  #turnCell(query, key) {
    this.#turnQuery(query);
    this.#turnKey(key);
  }

  #turnMaps(isRollout, isLog) {
    this.#state.turnMaps(isRollout, isLog);
    this.#draw();
    this.#readMaps();
  }

  /** Shows another head, which was chosen here or in another view. */
  turnHead() {
    this.controls.show();
    if (!this.#state.text) return;
    this.#readMaps(); // the answer comes while the rest is drawn
    this.#draw();
    this.announcer.say(this.#described());
  }

  /** Fetches all heads' rows of the query, and draws them. */
  async #readRows() {
    const state = this.#state;
    const { text, query } = state;
    this.#showChosen();
    try {
      const heads = await fetchHeads(text.traceId, query + 1);
      if (!state.wantsRows(text, query)) return;
      state.heads = heads;
      this.#refuse("");
      this.#draw();
    } catch (error) {
      if (state.wantsRows(text, query)) this.#refuse(error.message);
    }
  }

  /** Fetches the rows of the query's neighbours, to which a reader who moves is likely to move next. */
  #readBeside() {
    const { text, query } = this.#state;
    for (const next of [query + 1, query - 1]) if (text?.tokens[next]) fetchHeads(text.traceId, next + 1).catch(() => {});
  }

  /** Fetches the second text's rows of the same token, and shades it by them. */
  async #readSecond() {
    const state = this.#state;
    const [text, query] = [state.texts[1], state.second[0]];
    if (!text || query < 0) return;
    try {
      const heads = await fetchHeads(text.traceId, query + 1);
      if (state.wantsRows(text, query)) this.tokens.shade(1, state.rowInSecond(heads, choice()));
    } catch (error) {
      if (state.wantsRows(text, query)) this.#refuse(error.message);
    }
  }

  /** Fetches the maps of the head in view, or of rollout, and draws them. */
  async #readMaps() {
    const state = this.#state;
    const { text, texts, isRollout } = state;
    if (!text || text.isRunning) return;
    const { layer, head } = choice();
    const isWanted = () => state.wantsMaps({ texts, isRollout, layer, head }, choice());
    this.maps.showNote();
    try {
      const read = isRollout ? fetchRollout : fetchMap;
      const maps = await Promise.all(texts.map((text) => read(text.traceId, state.mapped(text), layer, head)));
      if (!isWanted()) return;
      state.maps = maps;
      if (isRollout) this.#draw(); // the tokens are shaded by rollout
      this.maps.draw();
      this.tables.showMap(state);
    } catch (error) {
      if (!isWanted()) return;
      state.maps = []; // they are of another head
      this.maps.clear(error.message);
    }
  }

  /** Shows whether there is a text, or why there is none. */
  #show() {
    const { error, text, isFresh } = this.#state;
    setText(this.notice, error);
    this.empty.hidden = !isFresh;
    if (!text && this.body.contains(document.activeElement)) this.source.list.focus(); // what has the focus goes away
    if (!text && !error && !isFresh) this.announcer.say(READING);
    this.body.hidden = !text;
  }

  /** Shows which tokens and which head are chosen. */
  #showChosen() {
    const { text, query } = this.#state;
    this.tokens.choose();
    this.maps.choose();
    const { layer, head } = choice();
    this.switchOff.show(text, query, layer, head);
    this.bertviz.show(text, layer, head);
  }

  /** Draws the query's weights, once they are there. */
  #draw() {
    const { text, heads, query, isLog } = this.#state;
    const row = this.#state.row(choice());
    if (!row) return;
    const start = performance.now();
    this.#showChosen();
    this.tokens.show();
    this.#readSecond();
    this.tables.showRow(this.#state);
    this.sink.show(row, choice().hidesFirst);
    this.heads.show(heads, text, query, isLog);
    performance.measure("playground:attention", { start });
  }
}
