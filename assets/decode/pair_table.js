/**
 * Draws tokens under two orders as pairs of bars on one axis, as a table: a line for each token, with both probabilities,
 * or what removes it. The lines are made once and filled at every redraw.
 */

import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { count, label, percent } from "../common/words.js";
import { linear } from "./scale.js";

const AXIS = t("Probability, %");
const TICKS = 6;

export class PairTable {
  /** @type {Line[]} */
  #lines = [];
  #textOf;

  /** @param {(id: number) => string} textOf  returns a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    this.ticks = Array.from({ length: TICKS }, () => make("span", "pg-two-tick"));
    const ticks = make("span", "pg-track", ...this.ticks);
    ticks.ariaHidden = "true";
    this.heads = [0, 1].map((side) => make("th", `pg-two-side-${side}`));
    const heads = [make("th", "", t("Token")), make("th", "pg-two-axis", AXIS, ticks), ...this.heads];
    for (const head of heads) Object.assign(head, { scope: "col", role: "columnheader" });
    this.body = make("tbody");
    this.rest = new Line();
    const groups = [make("thead", "", row(heads)), this.body, make("tfoot", "", this.rest.element)];
    for (const group of groups) group.role = "rowgroup";
    this.element = make("table", "pg-two-table", ...groups);
    this.element.role = "table";
    this.element.ariaLabel = t("The most probable tokens in both orders");
  }

  /**
   * @param {import("./orders_words.js").Two} two
   * @param {{id: number, shares: number[]}[]} tokens
   * @param {number} chosenId  the token to mark
   */
  show({ shapes, names, apart: { lone } }, tokens, chosenId) {
    const scale = linear(tokens.flatMap(({ shares }) => shares));
    this.#drawAxis(scale);
    for (const [side, head] of this.heads.entries()) setText(head, names[side]);
    while (this.#lines.length < tokens.length) this.#addLine();
    this.#lines.forEach((line, place) => {
      const token = tokens[place];
      line.element.hidden = !token;
      if (!token) return;
      const notes = shapes.map((shape) => {
        const stage = shape.removedBy(token.id);
        return stage === null ? "" : t("removed by {stage}", { stage: label(stage) });
      });
      line.show(this.#textOf(token.id), token.shares, notes, scale, token.id === chosenId);
    });
    const more = shapes[0].kept + lone[1].length - tokens.length;
    const rest = [0, 1].map((side) => Math.max(0, 1 - tokens.reduce((sum, { shares }) => sum + shares[side], 0)));
    this.rest.element.hidden = more === 0;
    this.rest.show(tn("{n} more token", "{n} more tokens", more), rest, ["", ""], null, false);
  }

  #addLine() {
    this.#lines.push(new Line());
    this.body.append(this.#lines.at(-1).element);
  }

  #drawAxis({ ticks }) {
    const parts = ticks.length - 1;
    this.element.style.setProperty("--pg-parts", String(parts));
    this.ticks.forEach((tick, index) => {
      tick.hidden = index > parts || index % 2 === 1; // every second line has room for its number
      if (tick.hidden) return;
      tick.style.left = `${(100 * index) / parts}%`;
      tick.classList.toggle("pg-two-last", index === parts); // it ends where the axis ends
      setText(tick, count(Number((100 * ticks[index]).toPrecision(3))));
    });
  }
}

/** Says its role itself, because a narrow table is laid out as a grid, which is no table to a screen reader. */
function row(cells) {
  const element = make("tr", "", ...cells);
  element.role = "row";
  return element;
}

/** A token's line: its name, two bars, and two probabilities. */
class Line {
  constructor() {
    this.name = make("th", "pg-token");
    Object.assign(this.name, { scope: "row", role: "rowheader" });
    this.fills = [0, 1].map((side) => make("span", `pg-two-fill pg-two-fill-${side}`));
    this.numbers = [make("td"), make("td")];
    const cells = [make("td", "", make("span", "pg-track", ...this.fills)), ...this.numbers];
    for (const cell of cells) cell.role = "cell";
    this.element = row([this.name, ...cells]);
  }

  /** @param {import("./scale.js").Scale | null} scale  null for a line without bars */
  show(text, shares, notes, scale, isChosen) {
    setText(this.name, text);
    this.name.title = text;
    this.element.classList.toggle("pg-drawn", isChosen);
    for (const [side, number] of this.numbers.entries()) {
      setText(number, notes[side] || percent(shares[side]));
      number.classList.toggle("pg-removed", notes[side] !== "");
      this.fills[side].style.width = `${scale ? 100 * scale.place(shares[side]) : 0}%`;
    }
  }
}
