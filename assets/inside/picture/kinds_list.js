/** The list of the kinds of block: what each does and which blocks they are. A press opens the nearest block of a kind. */

import { make, setText } from "../../common/dom.js";
import { t, tn } from "../../common/language.js";
import { capital } from "../../common/words.js";
import { blocksOf, isOrdinary, kindOf, undrawnOf, wordsOf } from "./kinds.js";
import { MOST_ROWS } from "./layout.js";

export class KindsList {
  #onOpen;
  #buttons = new Map(); // kind -> button

  /** @param {(layers: number[]) => void} onOpen  a kind was chosen, and these are its blocks */
  constructor(onOpen) {
    this.#onOpen = onOpen;
    this.title = make("p", "pg-kinds-title");
    this.list = make("ul", "pg-kinds-list");
    this.undrawn = make("p", "pg-muted");
    this.element = make("div", "pg-kinds", this.title, this.list, this.undrawn);
    this.element.hidden = true;
  }

  /** @param {import("./reader.js").Drawing} drawing */
  take(drawing) {
    const { kinds } = drawing;
    this.element.hidden = isOrdinary(drawing);
    const isAlike = kinds.length === 1;
    setText(this.title, isAlike ? alikeWords(drawing) : kindsWords(kinds.length));
    setText(this.undrawn, undrawnOf(drawing));
    this.#buttons = new Map(isAlike ? [] : kinds.map((kind) => [kind, this.#button(drawing, kind)]));
    this.list.replaceChildren(...[...this.#buttons.values()].map((button) => make("li", "", button)));
    this.list.hidden = isAlike;
  }

  #button(drawing, kind) {
    const which = tn("{n} block: {blocks}", "{n} blocks: {blocks}", kind.layers.length, { blocks: blocksOf(kind.layers) });
    const button = make("button", "pg-kind", make("b", "", capital(wordsOf(drawing, kind))), " ", make("span", "", which));
    button.type = "button";
    button.title = t("Blocks {blocks}", { blocks: kind.layers.join(", ") });
    button.addEventListener("click", () => this.#onOpen(kind.layers));
    return button;
  }

  /** Marks the kind of the block that is opened. */
  mark(drawing, block) {
    const opened = kindOf(drawing, block);
    for (const [kind, button] of this.#buttons) button.ariaPressed = String(kind === opened);
  }
}

/** @param {import("./reader.js").Drawing} drawing  whose blocks are of one kind */
const alikeWords = (drawing) =>
  tn("All {n} block are alike: {parts}.", "All {n} blocks are alike: {parts}.", drawing.layers, { parts: wordsOf(drawing, drawing.kinds[0]) });

/** @param {number} kinds  how many */
const kindsWords = (kinds) =>
  kinds > MOST_ROWS
    ? t("The blocks are of {kinds} kinds. Choose a kind to open a block of it.", { kinds })
    : t("The blocks are of {kinds} kinds, each with a row of marks beside the stream. Choose a kind to open a block of it.", { kinds });
