/** Shows a token's logit as a sum of products, below the token's line in the table. Draws what it is given. */

import { headerCell } from "../../attention/table_fold.js";
import { button, make, setText } from "../../common/dom.js";
import { brief, t, tn } from "../../common/language.js";
import { signedBar } from "./signed_bar.js";
import { exact } from "./sums.js";

const COLUMNS = [t("dimension"), "h", "w", "h · w"];
const ROUNDED = 5e-5; // less is not seen in four decimals

export class ProductsView {
  /** @param {() => void} onMore  called when the reader wants to see more products */
  constructor(onMore) {
    this.about = make("p", "pg-word-about");
    this.body = make("tbody");
    const heads = [...COLUMNS.map((name) => headerCell(name, "col")), make("td")];
    this.table = make("table", "pg-table pg-word-products-table", make("thead", "", make("tr", "", ...heads)), this.body);
    this.more = button(t("Show more products"), onMore);
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.element = make("div", "pg-word-products", this.about, this.notice, this.table, this.more);
  }

  /**
   * @param {import("./state.js").WordState} state
   * @param {string} name  the token's text
   */
  show({ products, facts, errors, hasMore }, name) {
    setText(this.notice, errors.products);
    this.element.classList.toggle("pg-waiting", !products && !errors.products);
    setText(
      this.about,
      t(
        "h is the model’s last vector, of {width} numbers. w is the row of the output matrix that belongs to “{token}”. " +
          "Multiply them number by number and add up: that is the logit. The largest products come first.",
        { width: facts.width, token: name },
      ),
    );
    this.table.ariaLabel = t("Products of h and w for {token}", { token: name });
    this.table.hidden = !products;
    this.more.hidden = !products || !hasMore;
    if (products) this.body.replaceChildren(...rowsOf(products, facts));
  }
}

/** @param {import("./reader.js").Products} products @param {import("./reader.js").Facts} facts */
function rowsOf({ largest, others, rest, bias, total, after, logit, rounding }, { formula, dtype }) {
  const top = Math.max(Math.abs(rest), ...largest.map(({ product }) => Math.abs(product)));
  const line = (cells, value) => {
    const [first, ...more] = cells.map((text) => String(text));
    const bar = make("td", "pg-word-bar-cell", ...(value === null ? [] : [signedBar(value, top)]));
    return make("tr", "", headerCell(first, "row"), ...more.map((text) => make("td", "", text)), bar);
  };
  const whole = (name, value) => {
    const head = Object.assign(headerCell(name, "row", "pg-word-whole-line"), { colSpan: COLUMNS.length - 1 });
    return make("tr", "pg-word-sum-line", head, make("td", "", exact(value)), make("td"));
  };
  const lines = largest.map(({ dimension, h, w, product }) => line([dimension, five(h), five(w), exact(product)], product));
  if (others) lines.push(line([tn("{n} other", "{n} others", others), "", "", exact(rest)], rest));
  if (bias) lines.push(whole(t("the token’s own number (bias)"), bias));
  lines.push(whole(bias ? t("sum") : t("sum = h · w"), total));
  if (formula !== "{x}") lines.push(whole(formula.replace("{x}", exact(total)), after));
  if (Math.abs(rounding) >= ROUNDED) lines.push(whole(t("rounding, because the model computes in {dtype}", { dtype }), rounding));
  lines.push(whole(t("logit"), logit ?? -Infinity));
  return lines;
}

/** Five digits, so that the product of two has four that are right. */
function five(number) {
  const text = Math.abs(number) < 1e-4 ? number.toExponential(2) : brief(number, 5);
  return text.replaceAll("-", "−");
}
