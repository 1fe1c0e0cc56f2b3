/**
 * Compares the first answer token of all columns on one axis of tokens, the union of each column's ten most probable
 * ones, raw or under the settings. It also shows how far two columns differ. It is a table whose cells hold bars, so
 * that screen readers can read it.
 */

import { make } from "../common/dom.js";
import { select } from "../common/fields.js";
import { count, fixed, t, tParts } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { percent } from "../common/words.js";
import { divergenceBits, probabilities, rawProbabilities } from "../distribution/divergence.js";
import { isWhole } from "../distribution/row.js";
import { setTextWith, term } from "../glossary/term.js";

const TOP = 10;
const RAW = t("raw");

/**
 * @typedef {object} First  the first token of a column's answer
 * @property {import("../common/trace.js").Step} step
 * @property {import("../distribution/row.js").Row} row
 * @property {() => import("../distribution/distribution.js").Distribution} shape  its distribution under the settings
 *   in view
 */

export class SameTokens {
  #columns = [];
  #textOf;
  #pair = [0, 1];

  /** Whether the reader has seen it: only then it asks for whole rows. */
  isSeen = false;

  /**
   * @param {(id: number) => string} textOf
   * @param {() => void} onSeen  called when the reader sees it for the first time
   */
  constructor(textOf, onSeen) {
    this.#textOf = textOf;
    this.kind = select(t("Which probabilities"), [RAW, t("under the settings")], { onChange: () => this.#draw() });
    this.from = select(t("Difference from"), [], { onChange: () => this.#choose() });
    this.to = select(t("Difference to"), [], { onChange: () => this.#choose() });
    this.divergence = make("strong", "pg-prompts-divergence");
    this.divergence.role = "status";
    this.terms = [term("KL")];
    this.body = make("tbody");
    this.head = make("tr");
    const table = make("table", "pg-table pg-prompts-same-table", make("thead", "", this.head), this.body);
    table.role = "table";
    table.ariaLabel = t("First answer token in every column");
    const difference = make("span", "pg-prompts-difference", ...tParts("difference of {one} from {other}", { one: this.from, other: this.to }), this.divergence);
    const title = make("h3", "", t("The same tokens, side by side"));
    const about = make("p", "pg-muted", t("The ten most probable first tokens of the answer in each column, on one axis."));
    const bar = make("div", "pg-prompts-same-bar", title, this.kind, difference);
    this.element = make("section", "pg-prompts-same", bar, about, scroller(t("First answer tokens"), table));
    this.clear();
    const look = (seen, observer) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      this.isSeen = true;
      observer.disconnect();
      onSeen();
    };
    new IntersectionObserver(look, { rootMargin: "0px 0px -60px" }).observe(this.element);
  }

  clear() {
    this.#columns = [];
    this.element.hidden = true;
  }

  /** @param {{name: string, first: First | null}[]} columns */
  show(columns) {
    this.#columns = columns.filter(({ first }) => first);
    this.element.hidden = this.#columns.length === 0;
    if (this.element.hidden) return;
    const names = this.#columns.map(({ name }, place) => `${place + 1} ${name}`);
    fill(this.from, names, Math.min(this.#pair[0], names.length - 1));
    fill(this.to, names, Math.min(this.#pair[1], names.length - 1));
    this.#draw();
  }

  /** Draws the table again, because the settings in view have changed. */
  reshape() {
    if (!this.#isRaw && !this.element.hidden) this.#draw();
  }

  get #isRaw() {
    return this.kind.value === RAW;
  }

  #draw() {
    if (!this.#isRaw && this.#columns.some(({ first }) => first.shape().isWaiting)) return; // it is drawn when the server has answered
    const shares = this.#columns.map(({ first }) => (this.#isRaw ? rawProbabilities(first.row) : probabilities(first.shape())));
    const tops = this.#columns.map(({ first }, place) =>
      Array.from((this.#isRaw ? first.row.order : first.shape().order).subarray(0, TOP)).filter((id) => shares[place][id] > 0),
    );
    const best = (id) => Math.max(...shares.map((share) => share[id]));
    const ids = Array.from(new Set(tops.flat())).sort((a, b) => best(b) - best(a));
    const scale = Math.max(...ids.map(best));
    this.head.replaceChildren(...[t("Id"), t("Token"), ...this.#columns.map(({ name }) => name)].map((name) => make("th", "", name)));
    const rows = ids.map((id) => {
      const cells = shares.map((share, place) => {
        const fill = make("span", "pg-prompts-cell-bar");
        fill.style.width = `calc(${share[id] / scale} * (100% - 5rem))`; // this leaves room for the number
        const isChosen = this.#columns[place].first.step.token_id === id;
        return make("td", isChosen ? "pg-prompts-chosen" : "", fill, `${isChosen ? "◆ " : ""}${percent(share[id])}`);
      });
      return make("tr", "", make("td", "", count(id)), make("td", "pg-token", this.#textOf(id)), ...cells);
    });
    this.body.replaceChildren(...rows);
    this.shares = shares;
    this.#measure();
  }

  #choose() {
    this.#pair = [this.from.selectedIndex, this.to.selectedIndex];
    this.#measure();
  }

  #measure() {
    const [p, q] = [this.from, this.to].map(({ selectedIndex }) => this.shares[selectedIndex]);
    if (!p || !q) return;
    const rows = [this.from, this.to].map(({ selectedIndex }) => this.#columns[selectedIndex].first.row);
    if (!rows.every(isWhole)) return setTextWith(this.divergence, " KL …", this.terms); // it is a sum over all tokens
    const bits = divergenceBits(p, q);
    const said = Number.isFinite(bits) ? t("KL {bits} bits", { bits: fixed(bits, 2) }) : t("KL ∞ bits: the first can draw tokens that the second removes");
    setTextWith(this.divergence, ` ${said}`, this.terms);
  }
}

function fill(element, texts, place) {
  if (Array.from(element.options, ({ text }) => text).join("\n") !== texts.join("\n")) {
    element.replaceChildren(...texts.map((text) => make("option", "", text)));
  }
  element.selectedIndex = place;
}
