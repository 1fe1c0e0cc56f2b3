/**
 * Draws the encoder of a model that has one, beside its decoder: what it reads, its blocks, and what the decoder's
 * cross-attention reads of it. It runs once for a text.
 */

import { short } from "./parts.js";
import { make, setText } from "../../common/dom.js";
import { openView } from "../../common/navigation.js";
import { count, plural } from "../../common/words.js";

const MOST_BLOCKS = 3; // that are drawn one by one

export class EncoderStack {
  constructor() {
    this.boxes = make("ol", "pg-encoder-boxes");
    this.boxes.ariaLabel = "Parts of the encoder";
    this.title = make("div", "pg-bars-title", "Encoder: once for a source");
    this.arrow = make("div", "pg-cross-arrow", make("span", "pg-cross-line"), make("span", "pg-cross-words"));
    this.element = make("div", "pg-encoder-stack", make("div", "", this.title, this.boxes), this.arrow);
    this.element.hidden = true;
  }

  /** @param {import("./reader.js").Drawing} drawing @param {import("../text.js").Text | undefined} text */
  show({ encoder, layers }, text) {
    this.element.hidden = !encoder;
    if (!encoder) return;
    const read = text?.sourceIds.length ?? 0;
    const table = encoder.shares_embedding ? "the decoder’s own table" : "a table of its own";
    const inside = [plural(encoder.heads, "head"), ...(encoder.neurons ? [plural(encoder.neurons, "neuron")] : [])].join(", ");
    const drawn = Math.min(encoder.layers, MOST_BLOCKS);
    const blocks = Array.from({ length: drawn }, (_, place) => {
      const number = place === drawn - 1 ? encoder.layers - 1 : place;
      const isLeap = place === drawn - 1 && encoder.layers > MOST_BLOCKS;
      return box(isLeap ? `… Block ${number}` : `Block ${number}`, `attention in both directions, feed-forward; ${inside}`, "inside/attention");
    });
    const made = read ? `${count(read)} × ${count(encoder.width)} numbers` : `${count(encoder.width)} numbers a token`;
    this.boxes.replaceChildren(
      box("Token ids of the source", read ? plural(read, "number") : "", "inside/tokens"),
      box("Embedding", `${table}, and positions`, "inside/embeddings"),
      ...blocks,
      box("What the encoder makes", made, ""),
    );
    setText(this.title, `Encoder: runs once for a source, ${short(encoder.parameters)} parameters of its own`);
    const each = layers === 1 ? "the decoder’s block reads" : `each of the decoder’s ${count(layers)} blocks reads`;
    setText(this.arrow.lastElementChild, `cross-attention: ${each} all of it, at every step`);
  }
}

/** @param {string} name @param {string} size @param {string} view  that a click opens, "" for none */
function box(name, size, view) {
  const parts = [make("b", "", name), " ", make("span", "", size)];
  if (!view) return make("li", "", make("div", "pg-encoder-box", ...parts));
  const one = make("button", "pg-encoder-box", ...parts);
  one.type = "button";
  one.addEventListener("click", () => openView(view));
  return make("li", "", one);
}
