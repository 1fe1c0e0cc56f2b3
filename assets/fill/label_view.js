/** Shows the labels of a text or of one token as bars, in a table that a screen reader reads. Draws what it is given. */

import { Caption } from "../common/caption.js";
import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { percent } from "../common/words.js";

export class LabelView {
  constructor() {
    this.title = make("caption", "pg-chart-title");
    this.body = make("tbody");
    const heads = [t("Label"), "", t("Probability")].map((name) => make("th", "", name));
    for (const head of heads) head.scope = "col";
    heads[1].ariaLabel = t("Bar");
    const table = make("table", "pg-table pg-label-bars", this.title, make("thead", "", make("tr", "", ...heads)), this.body);
    table.role = "table";
    this.legend = make("div", "pg-label-legend");
    this.legend.ariaHidden = "true"; // each token says its label
    this.caption = new Caption();
    this.caption.describe(table);
    this.element = make("div", "pg-scroll", this.legend, table, this.caption.element);
    this.element.hidden = true;
  }

  /**
   * @param {string} title
   * @param {string} caption  what the bars show, in plain words
   * @param {import("./state.js").Bars | null} bars  null for none
   * @param {Map<string, number>} colours  the number of each label that has a colour; empty without colours
   */
  show(title, caption, bars, colours) {
    this.element.hidden = bars === null;
    if (!bars) return;
    const legend = JSON.stringify([...colours]);
    if (this.legend.dataset.of !== legend) {
      this.legend.dataset.of = legend;
      this.legend.replaceChildren(...Array.from(colours, ([label, number]) => key(label, number)));
    }
    setText(this.title, title);
    this.caption.say(caption);
    while (this.body.rows.length > bars.length) this.body.lastElementChild.remove();
    while (this.body.rows.length < bars.length) this.body.append(line());
    for (const [place, { label, probability }] of bars.entries()) {
      const row = this.body.rows[place];
      const [name, bar, number] = row.cells;
      setText(name, label);
      setText(number, percent(probability));
      const fill = /** @type {HTMLElement} */ (bar.firstElementChild.firstElementChild);
      fill.style.width = `${100 * Math.min(1, Math.max(0, probability))}%`;
      const colour = colours.get(label);
      if (colour === undefined) delete row.dataset.label;
      else row.dataset.label = String(colour);
    }
  }
}

function key(label, number) {
  const element = make("span", "pg-label-key", label);
  element.dataset.label = String(number);
  return element;
}

function line() {
  const name = make("th", "pg-token");
  name.scope = "row";
  return make("tr", "", name, make("td", "", make("span", "pg-label-track", make("span", "pg-label-fill"))), make("td"));
}
