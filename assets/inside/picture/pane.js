/**
 * The pane Picture: one drawing of the model that runs, from text to token. Joins the server's description and the
 * reader's choices to the pictures. What it shows is in `state.js`.
 */

import { captionOf } from "./caption.js";
import { cards } from "./cards.js";
import { Drawn } from "./drawn.js";
import { EncoderStack } from "./encoder.js";
import { isOrdinary, kindOf, wordsOf } from "./kinds.js";
import { KindsList } from "./kinds_list.js";
import { Parameters } from "./parameters.js";
import { rowsOf, spokenName } from "./parts.js";
import { fetchDrawing, fetchLengths } from "./reader.js";
import { PictureState } from "./state.js";
import { TableFold } from "../../attention/table_fold.js";
import { choice, choose } from "../../attention/choice.js";
import { Caption } from "../../common/caption.js";
import { make, setText } from "../../common/dom.js";
import { fileNameOf, saveCsv } from "../../common/download.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { select } from "../../common/fields.js";
import { brief, t } from "../../common/language.js";
import { isView, openView, viewName } from "../../common/navigation.js";
import { isServed } from "../../models/serving.js";

const ABOUT = t("Follow one token from left to right, or from top to bottom: each box is a part of the model that runs here. Point at a box to read what it does; click it, or press Enter, to open its pane.");
const LENGTHS = t("The blue band is the residual stream: the vector that all parts read and add to. It is as thick as the vector at the chosen position is long.");

const NORMS = t("In this model a norm stands in the stream after each sum (+), so that the next part reads the vector as the norm has left it. The norms are not drawn.");

export class PicturePane {
  #state = new PictureState();
  #looking;
  #begun = null; // a promise, while the drawing is fetched and once it is there

  /** @param {import("../looking.js").Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    const state = this.#state;
    this.drawn = new Drawn(state, { open: (box) => this.#open(box), point: (box) => this.#say(box), block: (block) => this.#turnBlock(block) });
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.title = make("div", "pg-bars-title");
    this.said = make("p", "pg-plan-said");
    this.block = make("span", "pg-plan-choice");
    const name = () => `picture-${fileNameOf(state.drawing?.model ?? "")}`;
    this.encoder = new EncoderStack();
    this.norms = make("p", "pg-muted");
    const stacks = make("div", "pg-stacks", this.encoder.element, make("div", "pg-decoder-stack", this.title, this.said, this.norms, this.drawn.element));
    this.figure = make("figure", "pg-picture-figure", stacks);
    this.figure.ariaLabel = t("Drawing of the model");
    this.caption = new Caption();
    this.caption.describe(this.figure);
    this.menu = new ExportMenu([
      ...pictureItems(this.figure, name),
      { label: t("Parts (CSV)"), run: () => saveCsv(this.#partRows(), `${name()}-parts.csv`) },
      { label: t("Lengths (CSV)"), run: () => this.#saveLengths(name()) },
    ]);
    this.kinds = new KindsList((blocks) => this.#turn(() => state.openNearest(blocks)));
    this.parameters = new Parameters();
    this.lengths = new TableFold(t("The lengths of the vector, block by block, as a table"));
    const bar = make("div", "pg-pane-bar", this.block, this.menu.element);
    const numbers = make("div", "pg-picture-numbers", this.lengths.element, this.parameters.element);
    this.body = make("div", "pg-picture", bar, this.kinds.element, make("div", "", this.figure, this.caption.element), numbers);
    this.element = make("div", "", make("p", "", ABOUT), make("p", "pg-muted", LENGTHS), this.notice, this.body, cards());
    this.body.hidden = true;
  }

  /** The pane is in view, and the text, the position or the theme may have changed. */
  async show() {
    const { text, query } = this.#looking;
    const isOther = this.#state.turn(text, query);
    this.#draw();
    await this.#begin();
    if (isOther) this.#readLengths();
  }

  /** The server answers again: what could not be had is asked for once more. */
  async goOn() {
    await this.#begin();
    if (!this.#state.lengths) this.#readLengths();
  }

  /** Fetches the drawing, once. After an error the next call fetches it again. */
  #begin() {
    this.#begun ??= this.#readDrawing().catch((error) => {
      this.#begun = null;
      this.#refuse(error.message);
    });
    return this.#begun;
  }

  async #readDrawing() {
    const drawing = await fetchDrawing();
    this.#state.take(drawing);
    this.body.hidden = false;
    const blocks = Array.from({ length: drawing.layers }, (_, block) => String(block));
    this.chosen = select(t("Opened block"), blocks, { onChange: (block) => this.#turnBlock(Number(block)) });
    this.block.replaceChildren(make("label", "", `${t("opened block")} `, this.chosen));
    this.kinds.take(drawing);
    this.parameters.show(drawing);
    this.#refuse("");
  }

  async #readLengths() {
    const state = this.#state;
    const { text, query } = state;
    if (!text || query < 0 || !state.drawing) return;
    try {
      const lengths = await fetchLengths(text.traceId, query);
      if (!state.wants(text, query)) return;
      state.lengths = lengths;
      this.#refuse("");
    } catch (error) {
      if (state.wants(text, query)) this.#refuse(error.message);
    }
  }

  #refuse(sentence) {
    this.#state.error = sentence;
    this.#draw();
  }

  #turnBlock(block) {
    this.#turn(() => this.#state.open(block));
  }

  /** @param {() => void} open  opens another block */
  #turn(open) {
    open();
    setText(this.said, ""); // it can be about a part of the other block
    this.#draw();
    const { drawing, block } = this.#state;
    this.#looking.say(
      isOrdinary(drawing) ? t("Block {block} is opened.", { block }) : t("Block {block} is opened: {parts}.", { block, parts: wordsOf(drawing, kindOf(drawing, block)) }),
    );
  }

  /** Opens the pane of a part, at its block. */
  #open(box) {
    if (!opens(box.view)) return this.#say(box);
    if (box.block !== null) this.#looking.turnBlock(box.block);
    if (box.view === "inside/attention") {
      const { head } = choice();
      choose({ layer: box.block, head: typeof head === "number" ? head : 0 });
    }
    openView(box.view);
  }

  /** Says what a part does. Without one, the sentence stays. */
  #say(box) {
    if (!box) return;
    const values = { part: spokenName(box), size: box.size, says: box.says };
    const told = box.size ? t("{part} ({size}): {says}", values) : t("{part}: {says}", values);
    setText(this.said, opens(box.view) ? `${told} ${clickWords(box)}` : told);
  }

  #draw() {
    const { error, drawing, text, query, lengths, block } = this.#state;
    setText(this.notice, error);
    if (!drawing) return;
    const whole = wholeWords(drawing);
    setText(this.title, text && query >= 0 ? t("{whole}, with the vector at “{token}” ({number})", { whole, token: text.tokens[query], number: query + 1 }) : whole);
    this.encoder.show(drawing, text);
    setText(this.norms, drawing.norms_in_stream ? NORMS : "");
    this.norms.hidden = !drawing.norms_in_stream;
    if (!this.said.textContent) setText(this.said, t("Point at a part, or walk with the arrow keys, to read here what it does."));
    this.chosen.value = String(block);
    this.kinds.mark(drawing, block);
    this.drawn.draw();
    this.caption.say(captionOf(this.#state));
    this.lengths.show(() => ({ columns: [t("where"), t("length of the vector")], lines: (lengths ?? []).map((length, place) => [place ? t("after block {block}", { block: place - 1 }) : t("before block 0"), brief(length, 4)]) }));
  }

  #partRows() {
    const rows = rowsOf(this.#state.drawing).map(({ name, parameters, share, shapes }) => [name, parameters, share, shapes]);
    return [["part", "parameters", "share", "tensors of the first block that has them"], ...rows];
  }

  #saveLengths(name) {
    const { lengths } = this.#state;
    if (!lengths) throw new Error(t("There are no lengths yet. Choose a text first."));
    saveCsv([["where", "length"], ...lengths.map((length, place) => [placeName(place), length])], `${name}-lengths.csv`);
  }
}

/** @param {string} view @returns {boolean} whether a click on a part opens the view */
const opens = (view) => isView(view) && isServed(view);

/** @param {import("./reader.js").Drawing} drawing @returns {string} what is drawn */
function wholeWords({ model, encoder, head }) {
  if (encoder) return t("Decoder of {model}: once for each token", { model });
  if (!head) return t("{model} from text to token", { model });
  return head.task === "fill-mask" ? t("{model} from text to blank", { model }) : t("{model} from text to label", { model });
}

/** @param {import("./parts.js").Box} box @returns {string} what a click does */
const clickWords = ({ view, block }) =>
  block === null ? t("A click opens {view}.", { view: viewName(view) }) : t("A click opens {view}, at block {block}.", { view: viewName(view), block });

/** In a file. @param {number} place */
const placeName = (place) => (place ? `after block ${place - 1}` : "before block 0");
