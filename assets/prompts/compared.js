/**
 * Shows the columns side by side, the label words beside them, and above both the line that says in plain words what they
 * show. Does not know the server.
 */

import { Caption } from "../common/caption.js";
import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { LEGEND } from "../decode/bars.js";
import { captionOf } from "./caption.js";
import { Level } from "./level.js";

export class Compared {
  #columns;
  #labels;
  #textOf;

  /**
   * @param {() => import("./column.js").Column[]} columns
   * @param {import("./label_panel.js").LabelPanel} labels
   * @param {(id: number) => string} textOf  returns a token's text
   */
  constructor(columns, labels, textOf) {
    this.#columns = columns;
    this.#labels = labels;
    this.#textOf = textOf;
    this.place = make("div", "pg-prompts-columns");
    this.place.role = "group";
    this.place.ariaLabel = t("The columns");
    this.caption = new Caption();
    this.caption.describe(this.place, labels.element);
    this.level = new Level(this.place, columns);
    const legend = make("div", "pg-legend", ...LEGEND.map(([key, text]) => make("span", `pg-key ${key}`, text)));
    const side = make("div", "pg-prompts-side", labels.element, legend);
    this.element = make("div", "pg-prompts-compared", scroller(t("The columns"), this.place), side);
  }

  /** Puts the columns on the page. @param {boolean} canRemove  whether one of them can be removed */
  put(canRemove) {
    this.place.replaceChildren(...this.#columns().map((column) => column.element));
    for (const column of this.#columns()) column.canBeRemoved = canRemove;
  }

  /** Says what is in view now. */
  tell() {
    const { answers, chosenSpelling } = this.#labels;
    const seen = this.#columns().map(({ kind, first }, place) => ({
      kind,
      first: first && this.#begun(first),
      labels: answers?.[place]?.[chosenSpelling] ?? null,
    }));
    this.caption.say(captionOf(seen));
  }

  /** @param {import("./same_tokens.js").First} first */
  #begun({ step, shape }) {
    const now = shape();
    return { token: this.#textOf(step.token_id), probability: now.isWaiting ? null : now.probability(step.token_id) };
  }
}
