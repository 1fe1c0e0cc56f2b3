/** Says what the pictures of attention do not tell, and how exact their weights are. */

import { make, setText } from "../common/dom.js";
import { brief, t } from "../common/language.js";
import { isAlone } from "../common/recorded.js";

const RECORDED = 0.00025; // the largest error of a weight in half precision
const ABOUT = t(
  "Attention weights show where a head reads from, not why the model chose a word. What a head reads then passes through " +
    "other heads and layers, and very different weights can give the same prediction (Jain & Wallace 2019, “Attention is not " +
    "Explanation”).",
);
const TESTED = t(
  "Whether weights explain a prediction depends on the purpose of the explanation, and it can be tested " +
    "(Wiegreffe & Pinter 2019, “Attention is not not Explanation”).",
);
const TRY = t(
  "Whether weights explain a prediction depends on the purpose of the explanation, and it can be tested " +
    "(Wiegreffe & Pinter 2019, “Attention is not not Explanation”): switch a head off above and see what changes.",
);

export class Limits {
  #writes;

  /** @param {boolean} writes  whether the model writes texts, so that weights are recorded while it chooses tokens */
  constructor(writes) {
    this.#writes = writes;
    this.precision = make("p");
    const about = make("p", "", `${ABOUT} ${writes && !isAlone ? TRY : TESTED}`);
    this.element = make("section", "", make("h3", "", t("What these pictures do not show")), about, this.precision);
  }

  /** @param {import("./reader.js").Facts} facts  of the model */
  show({ max_error: error, dtype }) {
    const exact = t("The map's weights on this page differ from the model's by at most {error}.", { error: brief(error, 2) });
    if (!this.#writes || isAlone) return setText(this.precision, exact);
    const sentences = [exact, t("Those of one token are recorded in half precision and differ by at most {error}.", { error: brief(RECORDED, 2) })];
    if (dtype !== "float32") sentences.push(t("In {dtype} the map is computed again and may differ slightly from the weights that chose the tokens.", { dtype }));
    setText(this.precision, sentences.join(" "));
  }
}
