/** Says what the pictures of attention do not tell, and how exact their weights are. */

import { make, setText } from "../common/dom.js";

const ABOUT =
  "Attention weights show where a head reads from, not why the model chose a word. What a head reads then passes through " +
  "other heads and layers, and very different weights can give the same prediction (Jain & Wallace 2019, “Attention is not " +
  "Explanation”). Whether weights explain a prediction depends on the purpose of the explanation, and it can be tested " +
  "(Wiegreffe & Pinter 2019, “Attention is not not Explanation”)";
const TRY = ": switch a head off above and see what changes";

export class Limits {
  #writes;

  /** @param {boolean} writes  whether the model writes texts, so that weights are recorded while it chooses tokens */
  constructor(writes) {
    this.#writes = writes;
    this.precision = make("p");
    const about = make("p", "", `${ABOUT}${writes ? TRY : ""}.`);
    this.element = make("section", "", make("h3", "", "What these pictures do not show"), about, this.precision);
  }

  /** @param {import("./reader.js").Facts} facts  of the model */
  show({ max_error: error, dtype }) {
    const exact = `The map's weights on this page differ from the model's by at most ${error}.`;
    if (!this.#writes) return setText(this.precision, exact);
    const recorded = "Those of one token are recorded in half precision and differ by at most 0.00025.";
    const again =
      dtype === "float32" ? "" : ` In ${dtype} the map is computed again and may differ slightly from the weights that chose the tokens.`;
    setText(this.precision, `${exact} ${recorded}${again}`);
  }
}
