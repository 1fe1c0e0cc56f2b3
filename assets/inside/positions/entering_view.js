/**
 * Shows of what the vector is made that enters the first layer at the chosen token: the token's own and those that are
 * added to it, as a table with a bar for the share of each.
 */

import { headerCell } from "../../attention/table_fold.js";
import { make, setText } from "../../common/dom.js";
import { fixed, t } from "../../common/language.js";
import { scroller } from "../../common/scroller.js";
import { count } from "../../common/words.js";

const ABOUT = t("Each vector is the row of a table. The share says how much of the sum points along it: the shares add up to 1, and one is below 0 if the vector points against the sum.");

export class EnteringView {
  constructor() {
    this.title = make("div", "pg-bars-title");
    this.about = make("p", "pg-muted", ABOUT);
    const head = make("tr", "", ...[t("vector"), t("row"), t("length"), t("share")].map((name) => headerCell(name, "col")));
    this.body = make("tbody");
    this.table = make("table", "pg-table pg-entering-table", make("thead", "", head), this.body);
    this.scroller = scroller(t("Vectors that are added up"), this.table);
    this.said = make("p");
    this.element = make("figure", "pg-positions-figure", this.title, this.about, this.scroller, this.said);
  }

  /** @param {import("./reader.js").Entering | null} entering @param {string} token  the chosen one */
  show(entering, token) {
    this.element.hidden = !entering;
    if (!entering) return;
    const title = t("What enters the first layer at “{token}”", { token });
    setText(this.title, title);
    this.element.ariaLabel = title;
    const { added } = entering;
    this.scroller.hidden = this.about.hidden = !added.length;
    const largest = Math.max(...added.map(({ share }) => Math.abs(share)));
    this.body.replaceChildren(
      ...added.map(({ name, row, length, share }) =>
        make("tr", "", headerCell(name, t("row")), make("td", "", row === null ? "" : count(row)), make("td", "", fixed(length, 2)), shareCell(share, largest)),
      ),
    );
    setText(this.said, enteringSentence(entering));
  }
}

/** @param {number} share @param {number} largest  where the bars end */
function shareCell(share, largest) {
  const bar = make("span", "pg-order-bar");
  bar.style.width = `${(100 * Math.max(0, share)) / largest}%`;
  return make("td", "", make("span", "pg-order-share", make("span", "pg-order-track", bar), make("span", "", fixed(share, 3).replace("-", "−"))));
}

/** @param {import("./reader.js").Entering} entering @returns {string} what becomes of the sum */
export function enteringSentence({ added, is_normed, sum_length, length }) {
  if (!added.length) return t("What enters is not the sum of the rows alone, so that it is not taken apart here.");
  if (!is_normed) return t("The sum, of length {length}, is what enters the first layer.", { length: fixed(sum_length, 2) });
  return t("The sum has the length {sum}. A norm follows it, and what enters the first layer has the length {length}.", { sum: fixed(sum_length, 2), length: fixed(length, 2) });
}
