/**
 * Lets the reader choose which attention of a model with an encoder is shown. Any other model has
 * one kind, and no choice.
 */

import { KINDS } from "./sides.js";
import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { select } from "../common/fields.js";

const MERGED = t(
  "In this model, the decoder looks at its own text and at the source in one attention: the weights of a token add up to 1 over both " +
    "kinds together.",
);

export class KindChoice {
  /** @param {(kind: import("./sides.js").Kind) => void} onTurn  called when the reader chooses another one */
  constructor(onTurn) {
    this.list = select(t("Attention of"), [], { onChange: (value) => onTurn(/** @type {import("./sides.js").Kind} */ (value)) });
    const options = Object.entries(KINDS).map(([kind, { option }]) => Object.assign(make("option", "", option), { value: kind }));
    this.list.replaceChildren(...options);
    this.element = make("span", "pg-heads pg-which-attention", make("label", "", `${t("attention")} `, this.list));
    this.note = make("p", "pg-kind-note");
    this.element.hidden = this.note.hidden = true;
  }

  /**
   * @param {import("./sides.js").Sides} sides  those in view
   * @param {import("./reader.js").Facts} facts  of this kind
   */
  show({ text, kind, words }, { is_merged: isMerged }) {
    this.element.hidden = !text.sourceIds.length;
    this.note.hidden = this.element.hidden && !text.isOfEncoder;
    this.list.value = kind;
    setText(this.note, isMerged ? `${words.note} ${MERGED}` : words.note);
  }
}
