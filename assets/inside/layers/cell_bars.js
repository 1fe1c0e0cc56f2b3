/**
 * Shows the distribution of the chosen cell of the lens as bars, with the code of a step's bars. A click on a bar shares
 * out that token's logit.
 */

import { momentOf } from "../../distribution/moment.js";
import { make, setText } from "../../common/dom.js";
import { t, tn } from "../../common/language.js";
import { bits } from "../../common/words.js";
import { Bars } from "../../decode/bars.js";
import { linesOf } from "../../decode/lines.js";
import { Draws } from "../../decode/draws.js";
import { isWhole } from "../../distribution/row.js";
import { reshape } from "../../distribution/distribution.js";
import { nats } from "./shading.js";
import { takeAway } from "./take.js";

const KEYS = [
  ["pg-key-now", t("probability at this layer")],
  ["pg-key-drawn", t("the model’s final token")],
];
const BARS = 10;
const NO_DRAWS = new Draws();

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
    this.bars = new Bars(textOf, () => this.show(), onToken, (id) => t("Show who wrote the logit of {token}", { token: textOf(id) }), KEYS);
    this.told = make("p", "pg-lens-about");
    const name = make("h3", "pg-chart-title", t("The chosen cell as bars"));
    const menu = takeAway("distribution of a cell", t("Export the distribution of a cell"), this.bars.element, () => this.#csv());
    this.element = make("div", "pg-cell-bars", make("div", "pg-picture-head", name, menu), this.told, this.bars.element);
  }

  #csv() {
    const { row } = this.#state;
    if (!row) throw new Error(t("The distribution is not there yet."));
    const header = ["rank", "token_id", "token", isWhole(row) ? "logit" : "log_probability_nats", "probability"]; // of some tokens no logit is known
    const share = (score) => Math.exp(score - row.scores[0]) / row.totalWeight;
    return [header, ...Array.from(row.order.subarray(0, row.known), (id, place) => [place + 1, id, this.#textOf(id), row.scores[place], share(row.scores[place])])];
  }

  /** Draws the bars of the chosen cell, once its row is there. */
  show() {
    const { row, column, text, query, layer } = this.#state;
    this.element.hidden = !column;
    this.element.classList.toggle("pg-waiting", !row);
    if (!row || !column) return;
    const final = column.watched[0];
    const shape = reshape(row, momentOf(text.ids.slice(0, query + 1)), {});
    this.bars.room = Math.min(this.bars.roomAsked ?? BARS, isWhole(row) ? Infinity : row.known + 1); // one line is for all others
    const marks = {
      origin: KEYS.at(-1)[1],
      isChosen: (id) => id === final,
      noteOn: ({ candidate, isApart }) => (isApart ? t("rank {rank}", { rank: isWhole(row) ? candidate.rank : column.layers[layer].rank_of_final }) : candidate.id === final ? t("final token") : ""),
    };
    const entropy = bits(shape.entropyBits);
    const title = isWhole(row)
      ? titleOf({ layer, last: column.layers.length - 1 }, { token: text.tokens[query], entropy }, text.isOfEncoder)
      : t("Layer {layer}, after “{token}”: the tokens whose probability was recorded", { layer, token: text.tokens[query] });
    this.bars.show(title, linesOf(shape, final, this.bars.room), marks, () => 0, NO_DRAWS);
    const kl = nats(column.layers[layer].kl_nats);
    setText(
      this.told,
      text.isOfEncoder
        ? t("The same bars as those of a blank on Fill, for one layer. KL to the end: {kl}.", { kl })
        : t("The same bars as those of a step on Decode, for one layer. Choose a token to see who wrote its logit below. KL to the end: {kl}.", { kl }),
    );
  }
}

/**
 * @param {{layer: number, last: number}} place
 * @param {{token: string, entropy: string}} values
 * @param {boolean} isOfEncoder
 * @returns {string} the title of the bars
 */
function titleOf({ layer, last }, values, isOfEncoder) {
  if (isOfEncoder) {
    if (layer === 0) return t("At the embedding, in the place of “{token}”: entropy {entropy}", values);
    return layer === last
      ? tn("After all {n} layer, in the place of “{token}”: entropy {entropy}", "After all {n} layers, in the place of “{token}”: entropy {entropy}", layer, values)
      : tn("After {n} layer, in the place of “{token}”: entropy {entropy}", "After {n} layers, in the place of “{token}”: entropy {entropy}", layer, values);
  }
  if (layer === 0) return t("At the embedding, after “{token}”: entropy {entropy}", values);
  return layer === last
    ? tn("After all {n} layer, after “{token}”: entropy {entropy}", "After all {n} layers, after “{token}”: entropy {entropy}", layer, values)
    : tn("After {n} layer, after “{token}”: entropy {entropy}", "After {n} layers, after “{token}”: entropy {entropy}", layer, values);
}
