/**
 * Draws the encoder of a model that has one, beside its decoder: what it reads, its blocks, and what the decoder's
 * cross-attention reads of it. It runs once for a text.
 */

import { short } from "./parts.js";
import { make, setText } from "../../common/dom.js";
import { t, tn } from "../../common/language.js";
import { openView } from "../../common/navigation.js";

const MOST_BLOCKS = 3; // that are drawn one by one

export class EncoderStack {
  constructor() {
    this.boxes = make("ol", "pg-encoder-boxes");
    this.boxes.ariaLabel = t("Parts of the encoder");
    this.title = make("div", "pg-bars-title", t("Encoder: once for a source"));
    this.arrow = make("div", "pg-cross-arrow", make("span", "pg-cross-line"), make("span", "pg-cross-words"));
    this.element = make("div", "pg-encoder-stack", make("div", "", this.title, this.boxes), this.arrow);
    this.element.hidden = true;
  }

  /** @param {import("./reader.js").Drawing} drawing @param {import("../text.js").Text | undefined} text */
  show({ encoder, layers }, text) {
    this.element.hidden = !encoder;
    if (!encoder) return;
    const read = text?.sourceIds.length ?? 0;
    const table = encoder.shares_embedding ? t("the decoder’s own table, and positions") : t("a table of its own, and positions");
    const heads = tn("{n} head", "{n} heads", encoder.heads);
    const inside = encoder.neurons
      ? t("attention in both directions, feed-forward; {heads}, {neurons}", { heads, neurons: tn("{n} neuron", "{n} neurons", encoder.neurons) })
      : t("attention in both directions, feed-forward; {heads}", { heads });
    const drawn = Math.min(encoder.layers, MOST_BLOCKS);
    const blocks = Array.from({ length: drawn }, (_, place) => {
      const number = place === drawn - 1 ? encoder.layers - 1 : place;
      const isLeap = place === drawn - 1 && encoder.layers > MOST_BLOCKS;
      return box(isLeap ? t("… Block {block}", { block: number }) : t("Block {block}", { block: number }), inside, "inside/attention");
    });
    const made = read ? t("{tokens} × {width} numbers", { tokens: read, width: encoder.width }) : t("{width} numbers a token", { width: encoder.width });
    this.boxes.replaceChildren(
      box(t("Token ids of the source"), read ? tn("{n} number", "{n} numbers", read) : "", "inside/tokens"),
      box(t("Embedding"), table, "inside/embeddings"),
      ...blocks,
      box(t("What the encoder makes"), made, ""),
    );
    setText(this.title, t("Encoder: runs once for a source, {parameters} parameters of its own", { parameters: short(encoder.parameters) }));
    setText(
      this.arrow.lastElementChild,
      tn(
        "cross-attention: the decoder’s block reads all of it, at every step",
        "cross-attention: each of the decoder’s {n} blocks reads all of it, at every step",
        layers,
      ),
    );
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
