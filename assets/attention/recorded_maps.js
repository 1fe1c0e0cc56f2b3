/**
 * Reads the attention that a page without a server has: the maps of all heads of a text, in the layers that were recorded.
 * `playground/attention/recorded.py` writes them. Knows neither the page nor what is drawn.
 *
 * @typedef {import("./reader.js").Facts & {left_out: number[]}} RecordedFacts  `left_out` are layers with attention that are not there
 */

import { t } from "../common/language.js";
import { NEEDS_MODEL } from "../common/recorded.js";
import { together } from "./weights.js";

const NOT_HERE = t("not on this page");
const TOO_LARGE = t(
  "The attention of this text is too large for this page: not one layer fits. The playground saves more of it as “Page, whole (HTML)”.",
);

/** @param {RecordedFacts} told @returns {import("./reader.js").Facts} with the layers that are not there as layers that cannot be chosen */
export function factsOfRecorded({ left_out: leftOut, ...facts }) {
  const without = facts.without.map((kind, layer) => (leftOut.includes(layer) ? NOT_HERE : kind));
  return { ...facts, without, reason: without.every((kind) => kind !== null) ? TOO_LARGE : facts.reason };
}

export class RecordedMaps {
  #weights;
  #facts;
  #places; // by layer where it stands in the weights
  /** Where the row of each query begins in the weights of a head, and at last where they end. */
  #starts = [0];

  /**
   * @param {Float32Array} weights  (recorded layer, head, weight), those of a head row by row
   * @param {import("./reader.js").Facts} facts
   * @param {Pick<import("./sides.js").Sides, "seen">} sides
   */
  constructor(weights, facts, sides) {
    this.#weights = weights;
    this.#facts = facts;
    const layers = facts.without.flatMap((kind, layer) => (kind === null ? [layer] : []));
    this.#places = new Map(layers.map((layer, place) => [layer, place]));
    const size = weights.length / (layers.length * facts.heads);
    while (this.#starts.at(-1) < size) this.#starts.push(this.#starts.at(-1) + sides.seen(this.#starts.length - 1));
  }

  /** @returns {number} how many tokens look */
  get queries() {
    return this.#starts.length - 1;
  }

  /** @param {number} query @returns {import("./head_grid.js").Heads} the rows of all heads */
  heads(query) {
    const { layers, heads, without } = this.#facts;
    return { layers, heads, without, row: this.#rows(query) };
  }

  /** @param {number} layer @param {number | "mean" | "max"} head @param {number} query @returns {Float32Array} the weights of one head, or of a layer's heads combined */
  row(layer, head, query) {
    const row = this.#rows(query);
    if (typeof head === "number") return row(layer, head);
    return together(Array.from({ length: this.#facts.heads }, (_, each) => row(layer, each)), head);
  }

  /** @returns {(layer: number, head: number) => Float32Array} the rows of a query; those of a layer that is not there are empty */
  #rows(query) {
    if (query < 0 || query >= this.queries) throw new Error(NEEDS_MODEL);
    const [start, end] = [this.#starts[query], this.#starts[query + 1]];
    const ofHead = (layer, head) => (this.#places.get(layer) * this.#facts.heads + head) * this.#starts.at(-1);
    const empty = new Float32Array(end - start);
    return (layer, head) => (this.#places.has(layer) ? this.#weights.subarray(ofHead(layer, head) + start, ofHead(layer, head) + end) : empty);
  }
}
