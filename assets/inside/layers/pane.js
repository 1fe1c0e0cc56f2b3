/**
 * The pane Layers: the logit lens of the text in view, the distribution of one of its cells, what becomes of the answer
 * through the layers, and who wrote a logit. Joins the server's numbers and the reader's choices to the pictures. What it
 * shows is in `state.js`.
 */

import { Caption } from "../../common/caption.js";
import { button, make, setText } from "../../common/dom.js";
import { select } from "../../common/fields.js";
import { t } from "../../common/language.js";
import { tellShown } from "../../common/shown.js";
import { percent } from "../../common/words.js";
import { setTextWith, term } from "../../glossary/term.js";
import { captionOf } from "./caption.js";
import { CellBars } from "./cell_bars.js";
import { Depth } from "./depth.js";
import { LensMap } from "./lens_map.js";
import { fetchColumn, fetchRow, fetchTerms, readGrid, termsAsked } from "./reader.js";
import { MEANINGS } from "./shading.js";
import { LayersState } from "./state.js";
import { WhoWrote } from "./who_wrote.js";
import { isEncoder } from "../../models/serving.js";

const OF_ENCODER = t(
  "A model has many layers, and each one changes the vector of every token a little. Here the model’s own head, which fills blanks, " +
    "reads that vector after each layer, and so shows how the guess for a place comes about.",
);
const ABOUT = t(
  "A model has many layers, and each one changes the vector of every token a little. Here the model’s own last step (final norm and unembedding) " +
    "reads that vector after each layer, and so shows how the next word comes about.",
);
const GROWING = t("The lens of the whole text appears when the text is finished.");
const READING = t("The server reads the text …");
const DRAWING_MS = 60; // between two drawings while the grid comes

export class LayersPane {
  #state = new LayersState();
  #looking;
  /** @type {AbortController | null} the grid under way */
  #reading = null;
  #timer = 0;

  /** @param {import("../looking.js").Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    const state = this.#state;
    const textOf = (id) => looking.textOf(id);
    this.map = new LensMap(state, textOf, (position, layer) => this.#chooseCell(position, layer));
    this.caption = new Caption();
    this.caption.describe(this.map.grid.element);
    this.bars = new CellBars(state, textOf, (id) => this.#chooseTokens(id, state.against));
    this.depth = new Depth(state, textOf, (layer) => this.#chooseLayer(layer));
    const on = { choose: (token, against) => this.#chooseTokens(token, against), block: (block) => this.#chooseBlock(block) };
    this.who = new WhoWrote(state, textOf, () => looking.vocabulary.length, on);
    const meanings = { wordsOf: (name) => MEANINGS[name].name, onChange: (name) => this.#turnMeaning(name) };
    this.meaning = select(t("Colour by"), Object.keys(MEANINGS), meanings);
    this.layers = select(t("Layers shown"), ["where words fit", "all"], { wordsOf: (name) => (name === "all" ? t("all") : t("where words fit")), onChange: (chosen) => this.#turnLayers(chosen === "all") });
    this.progress = make("span", "pg-layers-progress");
    this.progress.role = "status";
    this.stop = button(t("Stop"), () => this.#turnReading());
    const reading = make("span", "pg-layers-reading", this.progress, this.stop);
    this.controls = make("div", "pg-layers-bar", make("label", "", `${t("colour by")} `, this.meaning), make("label", "", `${t("layers")} `, this.layers), reading);
    const about = make("p", "pg-lens-about");
    setTextWith(about, isEncoder() ? OF_ENCODER : ABOUT, [term("final norm", t("final norm")), term("unembedding", t("unembedding")), term("layer", t("layer"))]);
    this.note = make("p", "pg-muted pg-lens-about");
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    const below = make("div", "pg-layers-below", this.bars.element, ...this.depth.elements);
    this.element = make("div", "pg-layers", about, this.note, this.notice, this.controls, this.map.element, this.caption.element, this.map.table.element, below, this.who.element);
    this.#draw();
  }

  /** The pane is in view, and the text, the position or the theme may have changed. */
  show() {
    const { text, query, block } = this.#looking;
    const isOther = this.#state.open(text);
    if (isOther) this.#leave();
    const isOtherPosition = text && query >= 0 && this.#state.turn(query);
    const isOtherLayer = this.#state.openBlock(block);
    if (isOtherPosition) this.#readPosition();
    else if (isOtherLayer && this.#state.column) this.#readRow();
    this.#draw();
    if (isOther && text && !text.isRunning) this.#read();
  }

  /** The server answers again: asks once more for what could not be had. */
  goOn() {
    const { text, errors, column, terms } = this.#state;
    if (!text) return;
    if (errors.grid) this.#read();
    if (!column) this.#readPosition();
    else if (!terms) this.#readTerms();
  }

  /** Ends what is under way for the last text. */
  #leave() {
    this.#reading?.abort();
    this.#reading = null;
  }

  /** Reads the grid, layer by layer. */
  async #read() {
    const state = this.#state;
    const reading = new AbortController();
    this.#reading = reading;
    state.begin();
    this.#drawMap();
    let error = "";
    try {
      await readGrid(state.text.traceId, Math.max(0, state.query), reading.signal, (line) => {
        if (reading !== this.#reading) return;
        state.take(line);
        this.#drawSoon();
      });
    } catch (thrown) {
      error = thrown.message;
    }
    if (reading !== this.#reading) return;
    this.#reading = null;
    state.end(error);
    this.#drawMap();
    this.map.choose();
  }

  /** Stops the reading of the grid, or goes on with it. What is there stays. */
  #turnReading() {
    if (!this.#state.isReading) return this.#read();
    this.#reading?.abort();
    this.#reading = null;
    this.#state.end();
    this.#drawMap();
  }

  /** Fetches what belongs to the position in view: the column, the chosen row, the terms. */
  async #readPosition() {
    const state = this.#state;
    const { text, query } = state;
    try {
      const column = await fetchColumn(text.traceId, query);
      if (!state.wantsPosition(text.traceId, query)) return;
      state.column = column;
      this.#draw();
      this.#readRow();
      this.#readTerms();
    } catch (error) {
      if (!state.wantsPosition(text.traceId, query)) return;
      state.errors.position = error.message;
      this.#draw();
    }
  }

  async #readRow() {
    const state = this.#state;
    const { text, query, layer } = state;
    try {
      const row = await fetchRow(text.traceId, query, layer, this.#looking.vocabulary.length);
      if (!state.wantsRow(text.traceId, query, layer)) return;
      state.row = row;
    } catch (error) {
      if (!state.wantsRow(text.traceId, query, layer)) return;
      state.errors.position = error.message;
    }
    this.#drawNotice();
    this.bars.show();
  }

  async #readTerms() {
    const state = this.#state;
    const { text, query, token, against } = state;
    tellShown("inside/layers", { traceId: text.traceId, query, asked: termsAsked(token, against) });
    try {
      const terms = await fetchTerms(text.traceId, query, token, against);
      if (!state.wantsTerms(text.traceId, query, token, against)) return;
      state.terms = terms;
    } catch (error) {
      if (!state.wantsTerms(text.traceId, query, token, against)) return;
      state.errors.terms = error.message;
    }
    this.who.show();
  }

  #chooseCell(position, layer) {
    const isOther = this.#state.turnLayer(layer);
    if (position !== this.#state.query) return this.#looking.turn(position); // which calls `show`
    if (isOther) this.#showLayer();
  }

  #chooseLayer(layer) {
    if (this.#state.turnLayer(layer)) this.#showLayer();
  }

  #showLayer() {
    this.map.choose();
    this.bars.show();
    this.depth.show();
    this.#drawCaption();
    this.#readRow();
  }

  #chooseTokens(token, against) {
    this.#state.chooseTokens(token, against);
    this.who.show();
    this.#readTerms();
  }

  #chooseBlock(block) {
    this.#state.chooseBlock(block);
    this.who.show();
  }

  #turnMeaning(name) {
    this.#state.meaning = name;
    this.map.show();
  }

  #turnLayers(showsAll) {
    this.#state.showsAll = showsAll;
    this.map.show();
  }

  #drawSoon() {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      this.#drawMap();
    }, DRAWING_MS);
  }

  #draw() {
    this.element.hidden = !this.#state.text;
    this.#drawMap();
    this.#drawCaption();
    this.bars.show();
    this.depth.show();
    this.who.show();
  }

  #drawCaption() {
    this.caption.say(captionOf(this.#state, this.#looking.textOf));
  }

  #drawMap() {
    this.map.show();
    this.#drawNotice();
  }

  #drawNotice() {
    const { text, cells, isReading, errors } = this.#state;
    setText(this.notice, [...new Set([errors.grid, errors.position])].filter(Boolean).join(" "));
    setText(this.note, text ? noteOf(text, cells, this.#looking.texts?.length > 1) : "");
    const isWhole = cells?.done === 1;
    setText(this.progress, isReading && !isWhole ? (cells ? t("{share} of the lens is computed", { share: percent(cells.done) }) : READING) : "");
    setText(this.stop, isReading ? t("Stop") : t("Go on"));
    this.stop.hidden = isWhole || !text || text.isRunning;
    this.controls.hidden = !text || text.isRunning;
  }
}

/** @returns {string} what the pictures leave out */
function noteOf(text, cells, hasSecond) {
  const notes = [];
  if (text.isRunning) notes.push(GROWING);
  if (hasSecond) notes.push(t("The first of the two texts is shown."));
  if (cells && cells.tokens < text.size) notes.push(t("The lens reads the first {read} of {all} tokens.", { read: cells.tokens, all: text.size }));
  if (cells?.after) notes.push(t("This model’s logits are {after} at the end; the lens does the same at each layer.", { after: cells.after }));
  return notes.join(" ");
}
