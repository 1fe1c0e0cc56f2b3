/**
 * Shows two models of one evaluation on the same items: on how many only one of them is right, and whether chance alone
 * may explain it. Draws what it is given.
 *
 * @typedef {object} ForShots  for one number of examples in the prompt, over the items on which both models were tried
 * @property {number} shots
 * @property {number} items  how many
 * @property {[number, number]} right  on how many each is right
 * @property {number} only_first  on how many only the first is right
 * @property {number} only_second
 * @property {number} p  of McNemar's test
 *
 * @typedef {object} Pair
 * @property {[string, string]} names
 * @property {ForShots[]} shots
 */

import { make, setText } from "../common/dom.js";
import { fixed, listed, t } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { fill, options, table } from "./result_tables.js";

const LABEL = t("Two models on the same items");
const ABOUT = t(
  "McNemar's exact test: if both were equally good, a difference at least as large would come with the probability p. The more rows there are, the more easily one of them has a small p by chance.",
);

export class PairsTable {
  /** @type {Pair[]} */
  #pairs = [];

  constructor() {
    this.pair = make("select", "pg-select");
    this.pair.ariaLabel = t("Pair of models");
    this.pair.addEventListener("change", () => this.#draw());
    this.names = make("p");
    this.table = table(LABEL);
    const bar = make("div", "pg-prompts-same-bar", make("h3", "", LABEL), this.pair);
    const about = make("p", "pg-muted", ABOUT);
    this.element = make("div", "pg-prompts-pairs", bar, this.names, scroller(LABEL, this.table), about);
  }

  /** @param {Pair[]} pairs */
  show(pairs) {
    this.#pairs = pairs;
    this.element.hidden = pairs.length === 0;
    this.pair.hidden = pairs.length < 2;
    options(this.pair, pairs.map(({ names: [a, b] }) => listed([a, b])));
    if (pairs.length) this.#draw();
  }

  #draw() {
    const { names, shots } = this.#pairs[this.pair.selectedIndex];
    setText(this.names, t("A is “{a}”, B is “{b}”. The examples have their first order.", { a: names[0], b: names[1] }));
    const rows = shots.map((one) => [one.shots, one.items, ...one.right, one.only_first, one.only_second, probability(one.p)]);
    fill(this.table, [t("Shots"), t("Items"), t("A right"), t("B right"), t("Only A right"), t("Only B right"), "p"], rows);
  }
}

/** @param {number} p @returns {string} */
export const probability = (p) => (p < 0.001 ? `<${fixed(0.001, 3)}` : fixed(p, 3));
