/**
 * Shows BertViz's head view of one layer in a sandboxed frame, which cannot reach the page. The frame is loaded only
 * while its fold is open.
 */

import { make, setText } from "../common/dom.js";
import { count, t, tParts } from "../common/language.js";
import { known } from "../common/server.js";
import { bertvizAddress } from "./reader.js";

const LENGTHS = [32, 64, 128]; // tokens

export class BertvizFrame {
  #shown = null;
  #address = "";

  constructor() {
    this.place = make("div", "pg-bertviz");
    this.last = make("select", "pg-select", ...LENGTHS.map((length) => Object.assign(make("option", "", count(length)), { value: String(length) })));
    this.last.ariaLabel = t("Tokens in BertViz");
    this.last.value = "64";
    this.last.addEventListener("change", () => this.#load());
    this.summary = make("summary");
    const note = make("p", "", ...noteWith(this.last));
    this.element = make("details", "pg-details", this.summary, note, this.place);
    this.element.addEventListener("toggle", () => this.#load());
  }

  /** @param {import("./sides.js").Sides} text @param {number} layer @param {number | "mean" | "max"} head */
  show(text, layer, head) {
    this.#shown = { text, layer, head };
    setText(this.summary, t("Layer {layer} as BertViz draws it: lines between the tokens", { layer }));
    this.#load();
  }

  async #load() {
    if (!this.#shown) return;
    const shown = this.#shown;
    const { text, layer, head } = shown;
    const id = this.element.open ? await known(text.traceId).catch(() => text.traceId) : ""; // the frame shows the error
    if (shown !== this.#shown) return;
    const address = id && bertvizAddress(id, text, layer, head, Number(this.last.value));
    if (address === this.#address) return;
    this.#address = address;
    this.place.replaceChildren(...(address ? [frameOf(address, layer)] : []));
  }
}

/** @param {HTMLElement} number  the choice of how many tokens are drawn */
const noteWith = (number) =>
  tParts("BertViz (Vig 2019) draws this view, with its own controls. Point at a token to see its lines. The last {number} tokens of the text are drawn.", {
    number,
  });

/** Makes a new frame each time, because a new address in the old frame would add an entry to the browser's history. */
function frameOf(address, layer) {
  const frame = make("iframe");
  frame.sandbox = "allow-scripts";
  frame.title = t("BertViz head view of layer {layer}", { layer });
  frame.src = address;
  return frame;
}
