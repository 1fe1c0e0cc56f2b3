/**
 * Shows how the answer at the chosen position comes up through the layers: the ranks of the final token and its rivals,
 * and the length of the vector. Draws what it is given.
 */

import { TableFold } from "../../attention/table_fold.js";
import { make } from "../../common/dom.js";
import { fixed, t } from "../../common/language.js";
import { count } from "../../common/words.js";
import { setTextWith, term } from "../../glossary/term.js";
import { isEncoder } from "../../models/serving.js";
import { LineChart, lengthAxis, rankAxis } from "./line_chart.js";
import { takeAway } from "./take.js";

const ABOUT_RANKS = t("Where the final token (thick) and its rivals stand after each layer, if the layer had to answer. Rank 1 is the layer’s own answer.");
const ABOUT_NORMS = t("How long the vector of the chosen token is after each layer.");
const GROWS = t("Each layer adds to it, so it mostly grows.");

export class Depth {
  /** @type {import("./state.js").LayersState} */
  #state;
  #textOf;

  /**
   * @param {import("./state.js").LayersState} state
   * @param {(id: number) => string} textOf
   * @param {(layer: number) => void} onLayer
   */
  constructor(state, textOf, onLayer) {
    this.#state = state;
    this.#textOf = textOf;
    this.ranks = new LineChart(t("Ranks of the final token and its rivals by layer; the table below has the numbers"), onLayer);
    this.norms = new LineChart(t("Length of the vector by layer; the table below has the numbers"), onLayer);
    this.rankTitle = make("h3", "pg-chart-title", t("Rank by layer"));
    const about = make("p", "pg-lens-about");
    setTextWith(about, ABOUT_RANKS, [term("rank", t("Rank"))]);
    const ranks = make("figure", "pg-depth", make("div", "pg-picture-head", this.rankTitle), about, this.ranks.element);
    this.rankTitle.after(takeAway("ranks", t("Export the ranks"), ranks, () => this.#csv()));
    this.normTitle = make("h3", "pg-chart-title", t("Length of the vector by layer"));
    const norms = make("figure", "pg-depth", make("div", "pg-picture-head", this.normTitle), make("p", "pg-lens-about", isEncoder() ? ABOUT_NORMS : `${ABOUT_NORMS} ${GROWS}`), this.norms.element);
    this.normTitle.after(takeAway("lengths", t("Export the lengths"), norms, () => this.#csv()));
    this.table = new TableFold(t("Ranks and lengths by layer as a table"));
    this.elements = [ranks, norms, this.table.element];
  }

  show() {
    const { column, layer } = this.#state;
    for (const element of this.elements) element.hidden = !column;
    if (!column) return;
    const { watched, layers } = column;
    const series = watched.map((id, place) => ({ name: this.#textOf(id), values: layers.map(({ ranks }) => ranks[place]) }));
    this.ranks.show(series, rankAxis(Math.max(...series.flatMap(({ values }) => values))), layer);
    const norms = layers.map(({ norm }) => norm);
    this.norms.show([{ name: t("length"), values: norms }], lengthAxis(Math.max(...norms), t("length (L2 norm)")), layer);
    this.table.show(() => this.#table());
  }

  #table() {
    const { watched, layers } = this.#state.column;
    const columns = [t("layers that have run"), ...watched.map((id) => t("rank of “{token}”", { token: this.#textOf(id) })), t("length"), t("KL to the end, nats")];
    const lines = layers.map(({ ranks, norm, kl_nats }, layer) => [String(layer), ...ranks.map(count), fixed(norm, 2), fixed(kl_nats, 3)]);
    return { columns, lines };
  }

  #csv() {
    const { watched, layers } = this.#state.column;
    const header = ["layer", "token_id", "token", "rank", "probability", "norm", "kl_nats"];
    const lines = layers.flatMap(({ ranks, shares, norm, kl_nats }, layer) =>
      watched.map((id, place) => [layer, id, this.#textOf(id), ranks[place], shares[place], norm, kl_nats]),
    );
    return [header, ...lines];
  }
}
