/**
 * The Attention tab: holds which text and token are in view, and passes the reader's choices to the pictures.
 *
 * An answer for a text is drawn only while that text is in view. When another text is chosen, the pictures of the last
 * one are removed at once.
 */

import { choice, choose } from "./choice.js";
import { BertvizFrame } from "./bertviz_frame.js";
import { HeadControls } from "./head_controls.js";
import { HeadsPane } from "./heads_pane.js";
import { Limits } from "./limits.js";
import { Maps } from "./maps.js";
import { fetchFacts, fetchHeads, rowOf } from "./reader.js";
import { RowTable } from "./row_table.js";
import { SourceBar } from "./source_bar.js";
import { SwitchOff } from "./switch_off.js";
import { Text } from "./text.js";
import { TokenRow } from "./token_row.js";
import { align, withoutFirst } from "./weights.js";
import { keyWeight, quoted, rowSentence, sinkSentence } from "./words.js";
import { make, setText } from "../common/dom.js";
import { fetchTrace, fetchVocabulary } from "../common/server.js";
import { placeInView } from "../common/views.js";

const GROWING_MS = 1000; // between two fetches of a text that is still being generated

export class AttentionTab {
  #vocabulary = null;
  #facts = null;
  #started = null; // settles once the model's facts are known
  /** @type {Text[]} one, or two that are compared */
  #texts = [];
  #pairs = []; // pairs of the two texts' tokens
  #query = 0; // in the first text
  #key = null;
  #heads = null; // all heads' rows of the query, once fetched
  #asked = 0; // how often own texts were sent
  #read;
  #timer = 0;
  #error = "";

  constructor(read) {
    this.#read = read;
    const textOf = (id) => this.#vocabulary[id] ?? `#${id}`;
    this.textOf = textOf;
    this.source = new SourceBar((texts) => this.#send(texts), () => this.follow());
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.rows = ["Tokens of the text", "Tokens of the second text"].map(
      (name, place) =>
        new TokenRow(
          name,
          (query) => this.#turnQuery(this.#inFirst(place, query)),
          (key) => this.#turnKey(this.#inFirst(place, key)),
          (key) => this.#sayKey(place === 0 ? key : null),
        ),
    );
    this.controls = new HeadControls();
    this.said = make("p", "pg-weight-said");
    this.said.ariaLive = "polite";
    this.sink = make("p", "pg-sink");
    this.maps = new Maps((query, key) => this.#turnCell(query, key), () => this.#draw());
    this.heads = new HeadsPane((layer, head) => choose({ layer, head }));
    this.pictures = make("div", "pg-pictures", this.maps.element, this.heads.element);
    this.table = new RowTable();
    this.switchOff = new SwitchOff(textOf);
    this.bertviz = new BertvizFrame();
    this.limits = new Limits();
    this.more = make("div", "pg-more", this.table.element, this.switchOff.element, this.bertviz.element, this.limits.element);
    const bar = make("div", "pg-attention-bar", this.controls.element, this.maps.controls);
    this.body = make("div", "pg-attention", ...this.rows.map((row) => row.element), this.said, bar, this.sink, this.pictures, this.more);
    this.empty = make("p", "pg-empty", "Press Generate, or choose a text above: its tokens appear here, and what each looked at.");
    this.element = make("div", "pg-root", this.source.element, this.notice, this.empty, this.body);
    this.body.hidden = true;
  }

  start() {
    new ResizeObserver(() => this.#onResize()).observe(this.element);
    this.#started = this.#begin();
  }

  /** Fetches the vocabulary and the model's facts, once. */
  async #begin() {
    try {
      this.#vocabulary = await fetchVocabulary();
      this.#facts = await fetchFacts();
    } catch (error) {
      this.#refuse(error.message);
      return;
    }
    if (this.#facts.reason) {
      this.source.element.hidden = true;
      setText(this.empty, this.#facts.reason);
      return;
    }
    this.limits.show(this.#facts.max_error);
    this.controls.begin(this.#facts);
    this.follow();
  }

  get #isInView() {
    return this.element.offsetParent !== null;
  }

  // which text

  /** Shows the text and the step of the Decode tab, if the reader has chosen to follow it. */
  async follow() {
    const place = placeInView();
    if (!this.source.follows || !place || !this.#facts || this.#facts.reason || !this.#isInView) return;
    const [text] = this.#texts;
    const isHeld = text?.traceId === place.traceId && this.#texts.length === 1;
    if (isHeld && (text.isRunning || text.promptLength + place.index <= text.size)) {
      if (!text.isRunning) this.#turnQuery(text.promptLength + place.index - 1);
      else this.#wait();
      return;
    }
    if (!isHeld) this.#leave(); // at once, because another text's map must not stay in view
    await this.#look(place);
  }

  /** Fetches a text that is still being generated again after a second. */
  #wait() {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      if (this.source.follows && this.#isInView && placeInView()) this.#look(placeInView());
    }, GROWING_MS);
  }

  async #look({ traceId, index }) {
    try {
      const text = Text.ofTrace(await fetchTrace(traceId), this.textOf);
      if (!this.source.follows || placeInView()?.traceId !== traceId) return;
      this.#open([text], text.promptLength + index - 1);
      if (text.isRunning) this.#wait();
    } catch (error) {
      this.#refuse(error.message);
    }
  }

  #send(texts) {
    this.#leave();
    this.#read({ texts, asked: ++this.#asked });
  }

  /** Takes Python's answer. @param {import("./mount.js").Opened | null} message */
  async receive(message) {
    await this.#started;
    if (!message || message.asked !== this.#asked || this.source.follows) return;
    if (message.error) return this.#refuse(message.error);
    const texts = message.texts.map(({ trace_id, ids }) => new Text(trace_id, ids, this.textOf, ids.length, false));
    this.#open(texts, texts[0].size - 1);
  }

  #leave() {
    this.#texts = [];
    this.#heads = null;
    this.body.hidden = true;
    this.empty.hidden = true;
    this.#refuse("");
  }

  #refuse(sentence) {
    this.#error = sentence;
    setText(this.notice, sentence);
  }

  #open(texts, query) {
    this.#refuse("");
    this.#texts = texts;
    this.#pairs = texts.length > 1 ? align(texts[0].ids, texts[1].ids) : [];
    this.#heads = null;
    this.#key = null;
    this.empty.hidden = true;
    this.body.hidden = false;
    this.rows.forEach((row, place) => {
      row.element.hidden = !texts[place];
      row.begin(texts[place]?.tokens ?? []);
    });
    this.body.classList.toggle("pg-two-texts", texts.length > 1);
    this.maps.begin(texts, this.#pairs, this.#facts);
    this.heads.begin(texts[0], this.#facts);
    this.#query = -1;
    this.#turnQuery(query);
    this.maps.fetch();
  }

  // which token

  #inFirst(place, index) {
    if (place === 0 || index === null) return index;
    return this.#pairs.find(([, second]) => second === index)?.[0] ?? this.#query;
  }

  /** @returns {number} the position in the second text of a token of the first, -1 if it has none */
  #inSecond(index) {
    return this.#pairs.find(([first]) => first === index)?.[1] ?? -1;
  }

  #turnCell(query, key) {
    this.#turnQuery(query);
    this.#turnKey(key);
  }

  #turnQuery(index) {
    const [text] = this.#texts;
    if (!text) return;
    const query = Math.min(Math.max(index, 0), text.size - 1);
    if (query === this.#query) return;
    this.#query = query;
    this.#heads = null; // they belong to the last query
    if (this.#key > query) this.#key = null;
    this.#readRow();
  }

  #turnKey(key) {
    this.#key = key !== null && key <= this.#query ? key : null;
    this.#showChosen();
    this.#sayKey(this.#key);
  }

  async #readRow() {
    const [text] = this.#texts;
    const query = this.#query;
    const isNow = () => text === this.#texts[0] && query === this.#query;
    this.#showChosen();
    try {
      const heads = await fetchHeads(text.traceId, query + 1);
      if (!isNow()) return;
      this.#heads = heads;
      if (this.#error) this.#refuse("");
      this.#draw();
      for (const next of [query + 1, query - 1]) if (text.tokens[next]) fetchHeads(text.traceId, next + 1).catch(() => {});
    } catch (error) {
      if (isNow()) this.#refuse(error.message);
    }
  }

  // which head

  /** Shows another head, which was chosen here or in another view. */
  turnHead() {
    this.controls.show();
    if (!this.#texts.length) return;
    this.maps.fetch(); // the answer comes while the rest is drawn
    this.#draw();
  }

  #onResize() {
    if (!this.#isInView) return;
    this.follow();
    if (this.#heads) this.heads.redraw();
  }

  // drawing

  #showChosen() {
    const [text] = this.#texts;
    /** @type {[query: number, key: number | null]} */
    const second = [this.#inSecond(this.#query), this.#key === null ? null : this.#inSecond(this.#key)];
    this.rows[0].choose(this.#query, this.#key);
    this.rows[1].choose(...second);
    this.maps.choose(this.#query, this.#key, second);
    const { layer, head } = choice();
    this.switchOff.show(text, this.#query, layer, head);
    this.bertviz.show(text, layer, head);
  }

  #draw() {
    const [text] = this.#texts;
    if (!text || !this.#heads) return;
    const start = performance.now();
    const { hidesFirst } = choice();
    const row = this.#row();
    const shown = hidesFirst ? withoutFirst(row) : row;
    this.#showChosen();
    this.rows[0].shade(shown, this.maps.isLog, (key) => keyWeight(row, key, hidesFirst));
    this.#shadeSecond();
    this.table.show(text.tokens, row, hidesFirst ? shown : null);
    setText(this.sink, sinkSentence(row, hidesFirst));
    this.#sayKey(this.#key);
    this.heads.show(this.#heads, text, this.#query, this.maps.isLog);
    performance.measure("playground:attention", { start });
  }

  /** Returns the query's row with the first token: of the chosen head, or of rollout over all layers. */
  #row() {
    const { layer, head } = choice();
    return this.maps.rolloutRow(this.#query) ?? rowOf(this.#heads, layer, head);
  }

  async #shadeSecond() {
    const second = this.#texts[1];
    const query = this.#inSecond(this.#query);
    if (!second) return;
    this.rows[1].clear();
    if (query < 0) return;
    const { layer, head, hidesFirst } = choice();
    const heads = await fetchHeads(second.traceId, query + 1).catch((error) => this.#refuse(error.message));
    if (!heads || second !== this.#texts[1] || query !== this.#inSecond(this.#query)) return;
    const row = rowOf(heads, layer, head);
    this.rows[1].shade(hidesFirst ? withoutFirst(row) : row, this.maps.isLog, (key) => keyWeight(row, key, hidesFirst));
  }

  /** Says the weight of one token, or the row's largest weights if `key` is null. */
  #sayKey(key) {
    const [text] = this.#texts;
    if (!text || !this.#heads) return;
    const row = this.#row();
    const query = quoted(text.tokens, this.#query);
    const isKey = key !== null && key < row.length;
    const rest = isKey ? `→ ${quoted(text.tokens, key)}: ${keyWeight(row, key, choice().hidesFirst)}` : rowSentence(row, text.tokens);
    setText(this.said, isKey ? `${query} ${rest}` : `${query} gives ${rest}`);
  }
}
