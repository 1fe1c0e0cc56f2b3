/**
 * One temperature's distribution before any cut, as a column of a table has it. Every token keeps its place in the
 * ranking under any temperature, so a place is enough to name it. Pure mathematics.
 */

import { entropyNats, weightOf } from "./cuts.js";
import { momentOf } from "./moment.js";
import { curveOf } from "./left.js";
import { apply as topP } from "./stages/top_p.js";

export class Column {
  #curve;
  #stretch;

  /**
   * @param {number} temperature
   * @param {import("./cuts.js").Curve} curve  the one of this temperature
   * @param {import("./cuts.js").Stretch} stretch  the tokens that a temperature meets
   */
  constructor(temperature, curve, stretch) {
    this.temperature = temperature;
    this.#curve = curve;
    this.#stretch = stretch;
    this.entropyBits = entropyNats(curve, stretch) / Math.LN2;
  }

  /**
   * @param {import("./left.js").Left} left  what enters the temperature
   * @param {number} temperature
   */
  static of({ ranking, stretch, possible }, temperature) {
    const divisor = Math.fround(temperature);
    const scores = ranking.scores.map((score) => score / divisor);
    return new Column(temperature, curveOf({ scores }, { first: stretch[0], possible }), stretch);
  }

  /** @param {number} place  in the ranking, from 0 @returns {number} the token's probability */
  share(place) {
    const [first, last] = this.#stretch;
    return first + place < last ? this.#curve.weights[first + place] / weightOf(this.#curve, this.#stretch) : 0;
  }

  /** @returns {number} how many tokens top-p keeps */
  nucleus(p) {
    const [first, last] = topP(this.#curve, this.#stretch, { top_p: p }, momentOf([]));
    return last - first;
  }
}
