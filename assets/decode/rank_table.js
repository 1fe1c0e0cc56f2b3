/** Shows the curve as a table, for those who do not see it. */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { count, percent } from "../common/words.js";

const RANKS = [1, 2, 5, 10, 20, 50, 100, 1000, 10_000];

export class RankTable {
  #rows = RANKS.map((n) => ({ n, now: make("td"), raw: make("td") }));

  constructor() {
    const heads = [t("First n"), t("now"), t("unscaled")].map((name) => make("th", "", name));
    for (const head of heads) head.scope = "col";
    const rows = this.#rows.map(({ n, now, raw }) => make("tr", "", make("td", "", count(n)), now, raw));
    const table = make("table", "", make("thead", "", make("tr", "", ...heads)), make("tbody", "", ...rows));
    table.ariaLabel = t("Cumulative probability by rank");
    this.element = make("div", "pg-unseen", table);
  }

  /**
   * @param {import("../distribution/row.js").Row} row
   * @param {(n: number) => number} shareOf  returns what the first n candidates hold now
   */
  show(row, shareOf) {
    for (const { n, now, raw } of this.#rows) {
      const isThere = n <= row.order.length;
      now.parentElement.hidden = !isThere;
      if (!isThere) continue;
      setText(now, percent(shareOf(n)));
      setText(raw, percent(row.cumulative[n] / row.totalWeight));
    }
  }
}
