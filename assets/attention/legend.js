/** Shows what the colours of a picture mean: a strip of colours between the numbers of its two ends. */

import { make, setText } from "../common/dom.js";

export class Legend {
  constructor() {
    this.low = make("span");
    this.scale = make("span", "pg-legend-scale");
    this.high = make("span");
    this.element = make("div", "pg-map-legend", this.low, this.scale, this.high);
  }

  /**
   * @param {string} name  what the colours show, such as "weight"
   * @param {[number, string][]} scale  the colours, one of those in heat.js
   * @param {string} low  the number of the first colour
   * @param {string} high  the number of the last one
   */
  show(name, scale, low, high) {
    setText(this.low, `${name} ${low}`);
    setText(this.high, high);
    this.scale.style.backgroundImage = `linear-gradient(to right, ${scale.map(([, colour]) => `var(${colour})`).join(", ")})`;
  }
}
