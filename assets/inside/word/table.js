/**
 * The table from the last vector to a probability: one line for each of the most probable tokens, what the softmax makes
 * of its logit, and what the settings make of that. A line unfolds into its products. Draws what it is given.
 */

import { headerCell } from "../../attention/table_fold.js";
import { make, setText } from "../../common/dom.js";
import { brief, t, tn } from "../../common/language.js";
import { Roving } from "../../common/roving.js";
import { count, percent, settingsInForce, shortLabel } from "../../common/words.js";
import { stageOf } from "../../distribution/settings.js";
import { ProductsView } from "./products.js";
import { exact, expText } from "./sums.js";

const COLUMNS = 9;
const OWN = 4; // the columns of the model's own softmax
const NEXT = t("next in the text");

export class LogitTable {
  /** @type {LineView[]} */
  #lines = [];
  #textOf;
  #onFold;

  /**
   * @param {(id: number) => string} textOf
   * @param {{fold: (id: number) => void, more: () => void}} on
   */
  constructor(textOf, on) {
    this.#textOf = textOf;
    this.#onFold = on.fold;
    this.products = new ProductsView(on.more);
    this.unfolded = make("tr", "pg-word-unfolded", Object.assign(make("td", "", this.products.element), { colSpan: COLUMNS }));
    this.settings = Object.assign(headerCell("", "col", "pg-word-by"), { colSpan: COLUMNS - 2 - OWN, scope: "colgroup" });
    const own = Object.assign(headerCell(t("The model’s own: softmax"), "col", "pg-word-by"), { colSpan: OWN, scope: "colgroup" });
    this.heads = Array.from({ length: COLUMNS }, () => headerCell("", "col"));
    this.heads[2].classList.add("pg-word-group");
    this.heads[2 + OWN].classList.add("pg-word-group");
    const groups = make("tr", "", Object.assign(make("td"), { colSpan: 2 }), own, this.settings);
    this.body = make("tbody");
    this.foot = make("tfoot");
    this.element = make("table", "pg-table pg-word-table", make("thead", "", groups, make("tr", "", ...this.heads)), this.body, this.foot);
    this.element.ariaLabel = t("From logits to probabilities");
    this.roving = new Roving(this.body, () => this.#lines.filter(({ element }) => !element.hidden).map(({ fold }) => fold));
  }

  /**
   * @param {{lines: import("./sums.js").Line[], sums: import("./sums.js").Sums}} table
   * @param {import("./state.js").WordState} state
   */
  show({ lines, sums }, state) {
    const { token, isUnfolded, next, settings, shape } = state;
    this.#showHeads(sums, settings, headOf(shape));
    while (this.#lines.length < lines.length) this.#add();
    const top = Math.max(...lines.flatMap(({ share, scaledShare }) => [share, scaledShare]));
    this.#lines.forEach((view, place) => {
      const line = lines[place];
      view.element.hidden = !line;
      if (!line) return;
      const isChosen = line.id === token;
      view.show(line, this.#textOf(line.id), top, { isChosen, isUnfolded: isChosen && isUnfolded, isNext: line.id === next });
    });
    this.roving.settle();
    this.#unfold(state);
    this.#showFoot(sums);
  }

  #unfold(state) {
    const line = state.isUnfolded && this.#lines.find(({ element, id }) => !element.hidden && id === state.token);
    if (!line) return this.unfolded.remove();
    if (line.element.nextSibling !== this.unfolded) line.element.after(this.unfolded);
    this.products.show(state, this.#textOf(state.token));
  }

  #add() {
    const line = new LineView((id) => this.#onFold(id));
    this.#lines.push(line);
    this.body.append(line.element);
  }

  #showHeads(sums, settings, score) {
    setText(this.settings, t("With the sidebar’s settings: {settings}", { settings: settingsInForce(settings) }));
    const names = [
      t("rank"),
      t("token"),
      t("logit:\nh · w"),
      t("minus the\nlargest:\n{largest}", { largest: exact(sums.largest) }),
      t("exp\nof that"),
      t("divided by\nthe sum:\n{sum}", { sum: expText(sums.sum) }),
      t("{score},\nminus the\nlargest", { score }),
      t("exp\nof that"),
      t("divided by\nthe sum:\n{sum}", { sum: expText(sums.scaledSum) }),
    ];
    for (const [column, name] of names.entries()) setText(this.heads[column], name);
  }

  #showFoot({ size, others, rest, sum, kept, keptOthers, scaledRest, scaledSum }) {
    const line = (name, texts) => {
      const head = Object.assign(headerCell(name, "row"), { colSpan: 2 });
      return make("tr", "", head, ...texts.map((text, column) => make("td", [0, OWN].includes(column) ? "pg-word-group" : "", text)));
    };
    const all = kept === size ? "" : t("{kept} kept", { kept });
    const left = keptOthers === others ? "" : t("{kept} kept", { kept: keptOthers });
    const restLine = line(tn("{n} other", "{n} others", others), ["", "", expText(rest), percent(rest / sum), left, expText(scaledRest), percent(scaledRest / scaledSum)]);
    const sumLine = line(tn("all {n} token", "all {n} tokens", size), ["", "", expText(sum), t("100 %"), all, expText(scaledSum), t("100 %")]);
    this.foot.replaceChildren(...(others ? [restLine] : []), sumLine);
  }
}

/** @returns {string} what the last columns begin with: "logit / 0.8", or "score" after stages that change it in another way */
function headOf({ stages }) {
  const changing = stages.filter(({ name, off }) => !off && !["cut", "constraint"].includes(stageOf(name).kind));
  const [only] = changing;
  if (!only) return t("logit");
  const isFixed = changing.length === 1 && only.name === "temperature" && !only.values.dynatemp_range;
  return isFixed ? t("logit / {temperature}", { temperature: brief(only.value, 4) }) : t("score");
}

class LineView {
  id = -1;

  /** @param {(id: number) => void} onFold */
  constructor(onFold) {
    this.name = make("span", "pg-token pg-word-name");
    this.note = make("span", "pg-muted");
    this.fold = make("button", "pg-word-fold", this.name);
    this.fold.type = "button";
    this.fold.tabIndex = -1;
    const token = headerCell("", "row");
    token.append(this.fold, " ", this.note);
    this.cells = Array.from({ length: COLUMNS - 1 }, () => make("td"));
    const [rank, ...numbers] = this.cells;
    numbers[0].classList.add("pg-word-group");
    numbers[OWN].classList.add("pg-word-group");
    this.shares = [numbers[OWN - 1], numbers.at(-1)].map((cell, place) => {
      const [fill, text] = [make("span", `pg-word-fill ${place ? "" : "pg-word-raw"}`), make("span")];
      cell.append(make("span", "pg-word-share", make("span", "pg-word-track", fill), text));
      return { fill, text };
    });
    this.element = make("tr", "", rank, token, ...numbers);
    this.element.addEventListener("click", () => onFold(this.id));
  }

  /**
   * @param {import("./sums.js").Line} line
   * @param {string} name
   * @param {number} top  the largest probability of the table
   * @param {{isChosen: boolean, isUnfolded: boolean, isNext: boolean}} marks
   */
  show(line, name, top, { isChosen, isUnfolded, isNext }) {
    const { id, rank, logit, below, weight, share, changed, scaledBelow, scaledWeight, scaledShare, removedBy } = line;
    this.id = id;
    const isMoved = changed !== logit && changed > -Infinity;
    const notes = [isNext ? NEXT : "", isMoved ? t("logit becomes {logit}", { logit: exact(changed) }) : ""];
    setText(this.name, name);
    setText(this.note, notes.filter(Boolean).join(", "));
    this.fold.ariaExpanded = String(isUnfolded);
    this.element.className = [isChosen ? "pg-word-chosen" : "", scaledShare === 0 ? "pg-word-removed" : ""].join(" ").trim();
    const last = removedBy ? t("0 % ({stage})", { stage: shortLabel(removedBy) }) : percent(scaledShare);
    const texts = [count(rank), exact(logit), exact(below), expText(weight), null, exact(scaledBelow), expText(scaledWeight), null];
    for (const [column, text] of texts.entries()) if (text !== null) setText(this.cells[column], text);
    this.#showShare(0, share / top, percent(share));
    this.#showShare(1, scaledShare / top, last);
  }
  #showShare(place, part, text) {
    const { fill, text: shown } = this.shares[place];
    setText(shown, text);
    fill.style.width = `${100 * part}%`;
  }
}
