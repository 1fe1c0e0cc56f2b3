/**
 * The Attention tab: joins the texts, the server's weights and the reader's choices to the pictures. What it shows is in
 * `state.js`. When another text is chosen, the pictures of the last one are removed at once.
 */

import { choice, choose } from "./choice.js";
import { BertvizFrame } from "./bertviz_frame.js";
import { Following } from "./following.js";
import { HeadControls } from "./head_controls.js";
import { HeadsPane } from "./heads_pane.js";
import { Limits } from "./limits.js";
import { Maps } from "./maps.js";
import { fetchFacts, fetchHeads, fetchMap, fetchRollout } from "./reader.js";
import { RowTable } from "./row_table.js";
import { SourceBar } from "./source_bar.js";
import { State } from "./state.js";
import { SwitchOff } from "./switch_off.js";
import { Text } from "./text.js";
import { TokenRows } from "./token_rows.js";
import { withoutFirst } from "./weights.js";
import { sinkSentence } from "./words.js";
import { make, setText } from "../common/dom.js";
import { fetchVocabulary } from "../common/server.js";

export class AttentionTab {
  #state = new State();
  /** @type {readonly string[]} */
  #vocabulary = [];
  #begun = null; // a promise, while the vocabulary and the model's facts are fetched and once they are there
  #following;
  #read;

  constructor(read) {
    this.#read = read;
    this.textOf = (id) => this.#vocabulary[id] ?? `#${id}`;
    this.#following = new Following(this.#state, this.textOf, {
      isSeen: () => this.#isSeen,
      show: () => this.#show(),
      open: (texts, query) => this.#open(texts, query),
      turn: (query) => this.#turnQuery(query),
    });
    this.source = new SourceBar((texts) => this.#ask(texts), (follows) => this.#turnSource(follows));
    this.tokens = new TokenRows(this.#state, (query) => this.#turnQuery(query), (key) => this.#turnKey(key));
    this.controls = new HeadControls();
    this.maps = new Maps(this.#state, (query, key) => this.#turnCell(query, key), (isRollout, isLog) => this.#turnMaps(isRollout, isLog));
    this.heads = new HeadsPane((layer, head) => choose({ layer, head }));
    this.table = new RowTable();
    this.switchOff = new SwitchOff(this.textOf);
    this.bertviz = new BertvizFrame();
    this.limits = new Limits();
    this.#build();
    this.#show();
  }

  /** Puts the parts together. */
  #build() {
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.sink = make("p", "pg-sink");
    const bar = make("div", "pg-attention-bar", this.controls.element, this.maps.controls);
    const pictures = make("div", "pg-pictures", this.maps.element, this.heads.element);
    const more = make("div", "pg-more", this.table.element, this.switchOff.element, this.bertviz.element, this.limits.element);
    this.body = make("div", "pg-attention", ...this.tokens.elements, bar, this.sink, pictures, more);
    this.empty = make("p", "pg-empty", "Press Generate, or choose a text above. Its tokens appear here, with what each token looked at.");
    this.element = make("div", "pg-root", this.source.element, this.notice, this.empty, this.body);
  }

  start() {
    new ResizeObserver(() => this.#onResize()).observe(this.element);
    this.goOn();
  }

  /** The server answers, perhaps again: what could not be had is asked for once more. */
  async goOn() {
    await this.#begin();
    if (!this.#state.text) this.follow();
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
    const state = this.#state;
    this.#vocabulary = await fetchVocabulary();
    const facts = await fetchFacts();
    state.facts = facts;
    this.#refuse("");
    this.source.element.hidden = !state.isReady;
    if (!state.isReady) return setText(this.empty, facts.reason);
    this.limits.show(facts.max_error);
    this.controls.begin(facts);
  }

  get #isSeen() {
    return this.element.offsetParent !== null;
  }

  #onResize() {
    if (!this.#isSeen) return;
    this.follow();
    if (this.#state.heads) this.heads.redraw();
  }

  // which text

  /** Shows the text and the step of the Decode tab, if the reader has chosen to follow it. */
  follow() {
    this.#following.follow();
  }

  #turnSource(follows) {
    this.#state.follows = follows;
    this.follow();
  }

  #ask(texts) {
    const asked = this.#state.ask();
    this.#show();
    this.#read({ texts, asked });
  }

  /** Takes Python's answer. @param {import("./mount.js").Opened | null} message */
  async receive(message) {
    await this.goOn();
    if (!message || !this.#state.isReady || !this.#state.wantsTexts(message.asked)) return;
    if (message.error) return this.#refuse(message.error);
    const texts = message.texts.map(({ trace_id, ids }) => new Text(trace_id, ids, this.textOf, ids.length, false));
    this.#open(texts, texts[0].size - 1);
  }

  #refuse(sentence) {
    this.#state.error = sentence;
    this.#show();
  }

  #open(texts, query) {
    const state = this.#state;
    state.open(texts);
    this.#show();
    this.tokens.begin();
    this.body.classList.toggle("pg-two-texts", texts.length > 1);
    this.maps.begin();
    this.heads.begin(state.text, state.facts);
    this.#turnQuery(query);
    this.#readMaps();
  }

  // which token, and which head

  #turnQuery(index) {
    if (this.#state.turnQuery(index)) this.#readRows();
  }

  #turnKey(key) {
    this.#state.turnKey(key);
    this.#showChosen();
    this.tokens.say(this.#state.key);
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
  }

  // reading

  /** Fetches all heads' rows of the query, then those of its neighbours, and draws the query's. */
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
      for (const next of [query + 1, query - 1]) if (text.tokens[next]) fetchHeads(text.traceId, next + 1).catch(() => {});
    } catch (error) {
      if (state.wantsRows(text, query)) this.#refuse(error.message);
    }
  }

  /** Fetches the second text's rows of the same token, and shades it by them. */
  async #readSecond() {
    const state = this.#state;
    const text = state.texts[1];
    const [query] = state.second;
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
      await this.maps.draw();
    } catch (error) {
      if (!isWanted()) return;
      state.maps = []; // they are of another head
      this.maps.clear(error.message);
    }
  }

  // drawing

  /** Shows whether there is a text, or why there is none. */
  #show() {
    const { error, text, isFresh } = this.#state;
    setText(this.notice, error);
    this.empty.hidden = !isFresh;
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
    const { hidesFirst } = choice();
    this.#showChosen();
    this.tokens.show();
    this.#readSecond();
    this.table.show(text.tokens, row, hidesFirst ? withoutFirst(row) : null);
    setText(this.sink, sinkSentence(row, hidesFirst));
    this.heads.show(heads, text, query, isLog);
    performance.measure("playground:attention", { start });
  }
}
