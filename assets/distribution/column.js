/**
 * One temperature's distribution before any cut, as a column of a table has it. Every token keeps its place in the
 * ranking under any temperature, so a place is enough to name it. Pure mathematics.
 */

import { entropyNats } from "./cuts.js";
import { curveOf } from "./distribution.js";
import { apply as divide } from "./stages/temperature.js";
import { apply as topP } from "./stages/top_p.js";

export class Column {
  #curve;

  /** @param {number} temperature @param {import("./cuts.js").Curve} curve  the one of this temperature */
  constructor(temperature, curve) {
    this.temperature = temperature;
    this.#curve = curve;
    this.entropyBits = entropyNats(curve, this.#all) / Math.LN2;
  }

  /**
   * @param {import("./row.js").Ranking} ranking  after the penalties
   * @param {number} temperature
   */
  static of(ranking, temperature) {
    return new Column(temperature, curveOf(divide(ranking, Math.fround(temperature))));
  }

  /** @returns {import("./cuts.js").Stretch} */
  get #all() {
    return [0, this.#curve.weights.length];
  }

  /** @param {number} place  in the ranking, from 0 @returns {number} the token's probability */
  share(place) {
    return (this.#curve.weights[place] ?? 0) / this.#curve.cumulative.at(-1);
  }

  /** @returns {number} how many tokens top-p keeps */
  nucleus(p) {
    const [first, last] = topP(this.#curve, this.#all, p);
    return last - first;
  }
}
