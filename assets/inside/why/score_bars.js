/**
 * Draws what the methods say as bars, side by side: a line for each part of the text, a column for each method. Every column
 * has its own scale, because methods count in other sizes; what helped goes to the right, what stood in the way to the left.
 */

import { methodOf } from "./methods.js";
import { endOfAxis, furthest, signed } from "./agreement.js";
import { beginning, numberWords } from "./parts.js";
import { unitName } from "./sentences.js";
import { make, setText } from "../../common/dom.js";
import { TableFold } from "../../attention/table_fold.js";
import { t } from "../../common/language.js";
import { scroller } from "../../common/scroller.js";

export class ScoreBars {
  constructor() {
    this.title = make("div", "pg-bars-title");
    this.head = make("div", "pg-picture-head", this.title);
    this.lines = make("div", "pg-why-lines");
    this.lines.ariaHidden = "true"; // the table has the same numbers
    this.table = new TableFold(t("The numbers as a table"));
    const room = scroller(t("The methods’ bars, which scroll"), this.lines, "pg-why-room");
    this.element = make("figure", "pg-why-bars", this.head, room);
    this.element.ariaLabel = t("What each part of the text added, as bars");
  }

  /**
   * @param {string} title
   * @param {import("./parts.js").Part[]} parts
   * @param {{id: import("./methods.js").MethodId, answer: import("./reader.js").Answer}[]} answers
   * @param {string} unit
   */
  show(title, parts, answers, unit) {
    setText(this.title, title);
    this.lines.style.setProperty("--pg-columns", String(answers.length));
    const tops = answers.map(({ answer }) => furthest(answer.scores));
    const axis = answers.flatMap(({ id }, place) => [
      make("div", "pg-why-column", make("strong", "", methodOf(id).shown), make("span", "pg-why-axis", endOfAxis(-tops[place]), make("span", "", "0"), endOfAxis(tops[place]))),
    ]);
    const lines = parts.map((part, place) => [
      ...[beginning(parts, place)].filter(Boolean).map((side) => make("span", "pg-why-side", side)),
      Object.assign(make("span", "pg-why-part", part.name), { title: part.name }),
      ...answers.map(({ answer }, column) => bar(answer.scores[place], tops[column])),
    ]);
    this.lines.replaceChildren(make("span", "pg-why-part pg-why-corner", t("part of the text")), ...axis, ...lines.flat());
    this.table.show(() => ({
      columns: [t("part"), t("text"), ...answers.map(({ id }) => t("{method} ({unit})", { method: methodOf(id).shown, unit: unitName(unit) }))],
      lines: parts.map((part, place) => [numberWords(part), part.name, ...answers.map(({ answer }) => signed(answer.scores[place], 4))]),
    }));
  }
}

/** @param {number} score @param {number} most */
function bar(score, most) {
  const share = most > 0 ? (50 * Math.abs(score)) / most : 0;
  const drawn = make("span", `pg-why-bar ${score < 0 ? "pg-why-less" : "pg-why-more"}`);
  Object.assign(drawn.style, { width: `${share}%`, left: `${score < 0 ? 50 - share : 50}%` });
  return make("span", "pg-why-cell", make("span", "pg-why-track", drawn), make("span", "pg-why-number", signed(score)));
}
