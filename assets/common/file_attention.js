/**
 * Reads the attention of a trace file, in the forms of the server's answers. A step's weights stay text until they are
 * looked at, and are checked then.
 *
 * @typedef {{shape: number[], float16: string}} Written  of a step: (layer, head, key)
 */

import { edited, isObject, list, whole } from "./checks.js";
import { DTYPES, bytesOf } from "./file_rows.js";
import { t } from "./language.js";

const MOST_LAYERS = 1000; // and heads
const MOST_KEYS = 200_000;
const LEFT_OUT = t("This text comes from a light file, which has no attention. A whole file has it.");
const NONE = t("This text comes from a file without attention, because its model does not return any.");

export class FileAttention {
  #steps;
  #kind;
  #facts = null;
  /** @type {{written: Written, weights: Float32Array} | null} the step that was looked at last */
  #latest = null;

  /**
   * @param {Record<string, any>[]} steps  of the file
   * @param {"full" | "light"} kind
   */
  constructor(steps, kind) {
    this.#steps = steps;
    this.#kind = kind;
  }

  /** @returns {Pick<import("../attention/reader.js").Facts, "layers" | "heads" | "without" | "reason">} */
  get facts() {
    this.#facts ??= this.#read();
    return this.#facts;
  }

  #read() {
    if (!this.#steps[0].attention) return { layers: 0, heads: 0, without: [], reason: this.#kind === "light" ? LEFT_OUT : NONE };
    const { layers, heads, row } = this.#weights(0, "attention");
    const isUsed = (layer) => row(layer, 0).some((weight) => weight > 0);
    const without = Array.from({ length: layers }, (_, layer) => (isUsed(layer) ? null : t("without attention")));
    return { layers, heads, without, reason: null };
  }

  /**
   * @param {number} index  of the step
   * @param {number} keys  how many tokens it saw
   * @param {number | "mean" | "max"} layer @param {number | "mean" | "max"} head
   * @returns {Float32Array} the weights of the position that predicted the step's token (key,)
   */
  row(index, keys, layer, head) {
    const { without, reason } = this.facts;
    if (reason) throw new Error(reason);
    if (index < 0) throw new Error(t("The file has no attention of the prompt's tokens. Choose a generated one."));
    const layers = layer === "mean" || layer === "max" ? without.flatMap((none, number) => (none ? [] : [number])) : [layer];
    return this.#combined(index, "attention", keys, layers, head, layer);
  }

  /**
   * @param {number} index  of the step
   * @param {number} keys  how many tokens the source has
   * @param {string} layer  a number, or "" for the last one
   * @param {string} head  a number, or "mean"
   * @returns {import("../attention/reader.js").SourceRow}
   */
  sourceRow(index, keys, layer, head) {
    if (!this.#steps[index].source_attention) throw new Error(this.#kind === "light" ? LEFT_OUT : NONE);
    const { layers, heads } = this.#weights(index, "source_attention");
    const chosen = layer === "" ? layers - 1 : Number(layer);
    const weights = this.#combined(index, "source_attention", keys, [chosen], head === "mean" ? head : Number(head), chosen);
    return { weights: Array.from(weights), layer: chosen, layers, heads };
  }

  #combined(index, part, keys, layers, head, layer) {
    const { heads, row, seen } = this.#weights(index, part);
    if (seen !== keys) throw edited(t("{where} is for {seen} tokens and not for {keys}", { where: whereOf(index, part), seen, keys }));
    const all = Array.from({ length: heads }, (_, number) => number);
    const ofLayers = layers.map((one) => combined((typeof head === "number" ? [head] : all).map((number) => row(one, number)), head));
    return combined(ofLayers, layer);
  }

  /** @returns {{layers: number, heads: number, seen: number, row: (layer: number, head: number) => Float32Array}} */
  #weights(index, part) {
    const where = whereOf(index, part);
    const written = this.#steps[index][part];
    if (!isObject(written)) throw edited(t("{where} is missing", { where }));
    const shape = list(written.shape, where, 3);
    const [layers, heads, seen] = shape.map((size, axis) => whole(size, where, 1, axis === 2 ? MOST_KEYS : MOST_LAYERS));
    if (this.#latest?.written !== written) this.#latest = { written, weights: DTYPES.float16.read(bytesOf(written.float16, where, 2)) };
    const { weights } = this.#latest;
    const isFit = shape.length === 3 && weights.length === layers * heads * seen && weights.every((weight) => weight >= 0 && weight < Infinity);
    if (!isFit) throw edited(t("{where} is not what its shape says", { where }));
    const row = (layer, head) => weights.subarray((layer * heads + head) * seen, (layer * heads + head + 1) * seen);
    return { layers, heads, seen, row };
  }
}

const whereOf = (index, part) => `step ${index}, ${part}`;

/** Returns the mean or the maximum of rows, or the only one. @param {Float32Array[]} rows @param {number | string} how */
function combined(rows, how) {
  if (rows.length === 1) return rows[0].slice();
  const made = new Float32Array(rows[0].length);
  for (const row of rows) {
    for (let key = 0; key < made.length; key++) made[key] = how === "max" ? Math.max(made[key], row[key]) : made[key] + row[key] / rows.length;
  }
  return made;
}
