/**
 * The Attention pane: joins the text and the position in view, the server's weights and the reader's choices to the
 * pictures. What it shows is in `state.js`. When another text is chosen, the pictures of the last one are removed at once.
 */

import { choice, choose, hidesFirst } from "./choice.js";
import { BertvizFrame } from "./bertviz_frame.js";
import { HeadControls } from "./head_controls.js";
import { HeadsPane } from "./heads_pane.js";
import { KindChoice } from "./kind_choice.js";
import { Limits } from "./limits.js";
import { Maps } from "./maps.js";
import { LOOKS, NOTES } from "./presets.js";
import { fetchBeside, fetchFacts, fetchHeads, fetchMap, fetchMeasures, fetchRollout } from "./reader.js";
import { ShadedRows } from "./shaded_rows.js";
import { Sides } from "./sides.js";
import { State } from "./state.js";
import { SwitchOff } from "./switch_off.js";
import { Tables } from "./tables.js";
import { telling } from "./telling.js";
import { terms } from "./terms.js";
import { bodyOf } from "./body.js";
import { headShown } from "./words.js";
import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { SinkLine } from "./sink_line.js";
import { onResize } from "../common/resize.js";
import { isEncoder } from "../models/serving.js";
import { whileMounted } from "../common/while_mounted.js";

export class AttentionPane {
  /** Its tokens are shaded. */
  hasTokens = true;
  notes = NOTES;
  #looking;
  #state = new State();
  #begun = null; // a promise, while the model's facts are fetched and once they are there
  /** @type {{texts: readonly import("../inside/text.js").Text[]} | null} the texts that were taken last */
  #taken = null;
  #sourceQuery = 0; // the token of the source that looks, in the encoder
  #mayChooseHead = typeof choice().head !== "number"; // else the reader has chosen one on another tab

  /** @param {import("../inside/looking.js").Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    this.tokens = new ShadedRows(this.#state, (query) => this.#turnQuery(query), (key) => this.#turnKey(key));
    this.kind = new KindChoice((kind) => this.#turnKind(kind));
    this.controls = new HeadControls();
    this.maps = new Maps(this.#state, (query, key) => this.#turnCell(query, key), (isRollout, isLog) => this.#turnMaps(isRollout, isLog));
    this.heads = new HeadsPane((layer, head) => choose({ layer, head }));
    this.tables = new Tables();
    this.switchOff = new SwitchOff(looking.textOf);
    this.bertviz = new BertvizFrame();
    this.limits = new Limits(!isEncoder());
    this.#build();
    this.#listen();
    this.#show();
  }

  /** Puts the parts together. */
  #build() {
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.sink = new SinkLine();
    this.body = bodyOf(this);
    this.empty = make("p", "pg-empty", t("The tokens of a text appear here, with what each of them looks at."));
    this.element = make("div", "", terms(isEncoder()), this.notice, this.empty, this.body);
  }

  #listen() {
    whileMounted(this.element).onDocument("playground:head", () => this.#turnHead());
    onResize(this.element, () => this.#state.heads && this.element.offsetParent !== null && this.heads.redraw());
  }

  /** Shows the text and the query that the reader looks at now. */
  async show() {
    const { texts, query } = this.#looking;
    if (texts !== this.#taken?.texts) return this.#take();
    if (this.#state.text?.isOfSource || !this.#state.turnQuery(query)) return;
    await this.#showQuery();
  }

  /** Shows what another token looks at. */
  async #showQuery() {
    await this.#readRows();
    this.#announce();
    fetchBeside(this.#state.text, this.#state.query);
  }

  /** The server answers again: what could not be had is asked for once more. */
  async goOn() {
    await this.#begin();
    if (!this.#state.text) this.#take();
  }

  /** Fetches the model's facts, once. After an error the next call fetches them again. */
  #begin() {
    this.#begun ??= this.#readModel().catch((error) => {
      this.#begun = null;
      this.#refuse(error.message);
    });
    return this.#begun;
  }

  async #readModel() {
    const facts = await fetchFacts(isEncoder() ? "encoder" : "self");
    this.#state.facts = facts;
    this.#refuse("");
    if (!this.#state.isReady) return setText(this.empty, facts.reason);
    this.limits.show(facts);
    this.controls.begin(facts);
  }

  #refuse(sentence) {
    this.#state.error = sentence;
    this.#show();
  }

  /** Takes the texts that the reader looks at now. A preset opens on the head of this model that shows it best. */
  async #take() {
    const { texts, preset } = this.#looking;
    const taken = { texts };
    this.#taken = taken;
    const isWanted = () => taken === this.#taken && this.#state.isReady;
    const look = LOOKS[preset];
    if (!texts.length || look || !this.#state.isReady) this.#state.leave();
    this.#show();
    if (!this.#state.isReady) await this.#begin();
    if (!isWanted() || !texts.length) return;
    try {
      const key = look ? await this.#chooseHead(look, isWanted) : null;
      if (isWanted()) await this.#open(texts, key);
    } catch (error) {
      if (isWanted()) this.#refuse(error.message);
    }
  }

  /** Chooses the head that shows best what a preset is about. @returns {Promise<number | null>} the key that it looks at */
  async #chooseHead(look, isWanted) {
    const { query } = this.#looking;
    const text = new Sides(this.#looking.text, this.#state.kindOf(this.#looking.text));
    const readMeasures = () => fetchMeasures(text, this.#state.mapped(text));
    const { key, head } = await telling(text, query, look, () => fetchHeads(text, query + 1), readMeasures);
    if (!isWanted()) return null;
    if (this.#mayChooseHead) choose({ ...head, hidesFirst: look.hidesFirst });
    return query === this.#looking.query ? key : null;
  }

  /** @param {readonly import("../inside/text.js").Text[]} texts @param {number | null} key */
  async #open(texts, key) {
    const state = this.#state;
    const facts = await fetchFacts(state.kindOf(texts[0]));
    if (texts !== this.#taken?.texts) return;
    if (facts.reason) throw new Error(facts.reason);
    state.facts = facts;
    this.controls.begin(facts);
    this.#mayChooseHead = true; // the reader asks for the next preset, and so for its head
    state.open(texts);
    this.kind.show(state.text, facts);
    this.controls.offerHiding(state.text.isCausal);
    this.#show();
    this.tokens.begin();
    this.body.classList.toggle("pg-two-texts", texts.length > 1);
    this.maps.begin();
    this.heads.begin(state.text, state.facts);
    this.tables.begin();
    state.turnQuery(state.text.isOfSource ? this.#sourceQuery : this.#looking.query);
    state.turnKey(key);
    const shown = state.texts;
    await Promise.all([this.#readRows(), this.#readMaps()]);
    if (shown !== state.texts || state.error || state.text.isRunning) return;
    this.#looking.say(`${tn("The text has {n} token.", "The text has {n} tokens.", state.text.size)} ${this.#described()}`);
  }

  /** @returns {string} what the pictures show, for a reader who does not see them */
  #described() {
    return `${headShown(choice().layer, choice().head)} ${this.tokens.said.textContent.replace(/\.?$/, ".")}`;
  }

  #turnKey(key) {
    this.#state.turnKey(key);
    this.#showChosen();
    this.tokens.say(this.#state.key);
    this.#announce();
  }

  /** Tells a screen reader the sentence below the tokens. A cell of a picture that has the focus tells its own. */
  #announce() {
    if (this.#state.heads && document.activeElement?.role !== "gridcell") this.#looking.say(this.tokens.said.textContent);
  }

  /** Turns to another attention of the same text. @param {import("./sides.js").Kind} kind */
  async #turnKind(kind) {
    this.#state.kind = kind;
    const { texts } = this.#looking;
    try {
      if (texts.length && texts === this.#taken?.texts) await this.#open(texts, null);
    } catch (error) {
      this.#refuse(error.message);
    }
  }

  #turnQuery(query) {
    if (!this.#state.text?.isOfSource) return this.#looking.turn(query);
    if (!this.#state.turnQuery(query)) return;
    this.#sourceQuery = this.#state.query;
    this.#showQuery();
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
  #turnHead() {
    this.controls.show();
    if (!this.#state.text) return;
    this.#readMaps(); // the answer comes while the rest is drawn
    this.#draw();
    this.#looking.say(this.#described());
  }

  /** Fetches all heads' rows of the query, and draws them. */
  async #readRows() {
    const state = this.#state;
    const { text, query } = state;
    this.#showChosen();
    try {
      const heads = await fetchHeads(text, query + 1);
      if (!state.wantsRows(text, query)) return;
      state.heads = heads;
      this.#refuse("");
      this.#draw();
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
      const maps = await Promise.all(texts.map((text) => read(text, state.mapped(text), layer, head)));
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
    const { error, text, facts } = this.#state;
    setText(this.notice, error);
    this.empty.hidden = !this.#looking.isFresh && !facts?.reason;
    this.body.hidden = !text;
  }

  /** Shows which tokens and which head are chosen. */
  #showChosen() {
    const { text, query } = this.#state;
    this.tokens.choose();
    this.maps.choose();
    const { layer, head } = choice();
    this.switchOff.show(text, text.isOfSource ? this.#looking.query : query, layer, head);
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
    this.tokens.readSecond((sentence) => this.#refuse(sentence));
    this.tables.showRow(this.#state);
    this.sink.show(text.isCausal ? row : null, hidesFirst(text));
    this.heads.show(heads, text, query, isLog);
    performance.measure("playground:attention", { start });
  }
}
