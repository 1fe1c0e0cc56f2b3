/** Shows one Gumbel-max draw as a table: the tokens with the largest sums, the winner first. Draws what it is given. */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { logitText } from "../common/words.js";

/** How many tokens the table shows. */
export const SHOWN = 4;
const NOT_DRAWN = "–";

export class RaceTable {
  #rows = Array.from({ length: SHOWN }, () => {
    const token = make("th");
    token.scope = "row";
    return { token, cells: Array.from({ length: 3 }, () => make("td")) };
  });

  constructor() {
    const heads = [t("Token"), t("log p"), t("+ noise"), t("= sum")].map((name) => make("th", "", name));
    for (const head of heads) head.scope = "col";
    const rows = this.#rows.map(({ token, cells }) => make("tr", "", token, ...cells));
    this.element = make("table", "pg-table pg-race", make("thead", "", make("tr", "", ...heads)), make("tbody", "", ...rows));
    this.element.ariaLabel = t("Log-probability, noise and sum");
  }

  /**
   * @param {{text: string, log: number, noise?: number, sum?: number}[]} tokens  at most `SHOWN`; without noise and sum
   *   before a draw, else with the largest sum first
   */
  show(tokens) {
    for (const [place, { token, cells }] of this.#rows.entries()) {
      const row = token.parentElement;
      row.hidden = place >= tokens.length;
      if (row.hidden) continue;
      const { text, log, noise, sum } = tokens[place];
      setText(token, text);
      for (const [at, number] of [log, noise, sum].entries()) {
        setText(cells[at], number === undefined ? NOT_DRAWN : logitText(number));
      }
      row.classList.toggle("pg-drawn", place === 0 && sum !== undefined);
    }
  }
}
