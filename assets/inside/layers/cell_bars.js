/**
 * Shows the distribution of the chosen cell of the lens as bars, with the code of a step's bars. A click on a bar shares
 * out that token's logit.
 */

import { momentOf } from "../../distribution/moment.js";
import { make, setText } from "../../common/dom.js";
import { count } from "../../common/words.js";
import { Bars } from "../../decode/bars.js";
import { linesOf } from "../../decode/lines.js";
import { Draws } from "../../decode/ribbon.js";
import { reshape } from "../../distribution/distribution.js";
import { layerName } from "./lens_map.js";
import { nats } from "./shading.js";
import { takeAway } from "./take.js";

const KEYS = [
  ["pg-key-now", "probability at this layer"],
  ["pg-key-drawn", "the model’s final token"],
];
const BARS = 10;
const NO_DRAWS = new Draws();
const OF_WRITER = "The same bars as those of a step on Decode, for one layer. Choose a token to see who wrote its logit below.";
const OF_ENCODER = "The same bars as those of a blank on Fill, for one layer.";

export class CellBars {
  /** @type {import("./state.js").LayersState} */
  #state;
  #textOf;

  /**
   * @param {import("./state.js").LayersState} state
   * @param {(id: number) => string} textOf
   * @param {(id: number) => void} onToken
   */
  constructor(state, textOf, onToken) {
    this.#state = state;
    this.#textOf = textOf;
    this.bars = new Bars(textOf, () => this.show(), onToken, (id) => `Show who wrote the logit of ${textOf(id)}`, KEYS);
    this.told = make("p", "pg-lens-about");
    const name = make("h3", "pg-chart-title", "The chosen cell as bars");
    const menu = takeAway("distribution of a cell", this.bars.element, () => this.#csv());
    this.element = make("div", "pg-cell-bars", make("div", "pg-picture-head", name, menu), this.told, this.bars.element);
  }

  #csv() {
    const { row } = this.#state;
    if (!row) throw new Error("The distribution is not there yet.");
    const header = ["rank", "token_id", "token", "logit", "probability"];
    const share = (score) => Math.exp(score - row.scores[0]) / row.totalWeight;
    return [header, ...Array.from(row.order, (id, place) => [place + 1, id, this.#textOf(id), row.scores[place], share(row.scores[place])])];
  }

  /** Draws the bars of the chosen cell, once its row is there. */
  show() {
    const { row, column, text, query, layer } = this.#state;
    this.element.hidden = !column;
    this.element.classList.toggle("pg-waiting", !row);
    if (!row || !column) return;
    const final = column.watched[0];
    const shape = reshape(row, momentOf(text.ids.slice(0, query + 1)), {});
    this.bars.room = this.bars.roomAsked ?? BARS;
    const marks = {
      origin: KEYS.at(-1)[1],
      isChosen: (id) => id === final,
      noteOn: ({ candidate, isApart }) => (isApart ? `rank ${count(candidate.rank)}` : candidate.id === final ? "final token" : ""),
    };
    const place = layerName(layer, column.layers.length);
    const title = `${place.charAt(0).toUpperCase()}${place.slice(1)}, ${text.isOfEncoder ? "in the place of" : "after"} “${text.tokens[query]}”: entropy ${shape.entropyBits.toFixed(1)} bits`;
    this.bars.show(title, linesOf(shape, final, this.bars.room), marks, () => 0, NO_DRAWS);
    setText(this.told, `${text.isOfEncoder ? OF_ENCODER : OF_WRITER} KL to the end: ${nats(column.layers[layer].kl_nats)}.`);
  }
}
