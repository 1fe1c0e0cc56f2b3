/** The table of the texts that a search found, with the greedy and the sampled one. Draws what it is given. */

import { button, make } from "../common/dom.js";
import { count, fixed, t, tParts } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { breakableText } from "../common/word_breaks.js";
import { term } from "../glossary/term.js";
import { nameOf } from "./paths.js";

/**
 * @typedef {object} Found  a line of the table
 * @property {string} name
 * @property {number[]} ids  the text's tokens
 * @property {number} sum  log-probability of all tokens
 * @property {number} score
 * @property {number | null} node  null for a text of another strategy
 * @property {import("../distribution/settings.js").Settings} settings
 */

export class FoundTable {
  #textOf;
  #on;

  /**
   * @param {(id: number) => string} textOf
   * @param {{choose: (node: number) => void, open: (found: Found, button: HTMLButtonElement) => void}} on
   */
  constructor(textOf, on) {
    this.#textOf = textOf;
    this.#on = on;
    this.body = make("tbody");
    const names = [t("found"), t("text"), t("tokens"), t("log-prob."), t("score"), make("span", "pg-spoken", t("open"))];
    const head = make("thead", "", make("tr", "", ...names.map((name) => make("th", "", name))));
    const terms = { logprob: term("log-probability", t("log-probability")), penalty: term("length penalty", t("penalty")) };
    const caption = make("caption", "", ...tParts("The texts found, by score: {logprob} of all tokens / length ^ {penalty}", terms));
    this.element = scroller(t("The texts found"), make("table", "pg-measures pg-found", caption, head, this.body));
  }

  /** @param {import("./tree.js").BeamTree} tree */
  show(tree) {
    this.body.replaceChildren(...foundIn(tree).map((found) => this.#line(found)));
  }

  /** @param {Found} found */
  #line(found) {
    const { name, ids, sum, score, node } = found;
    const text = make("span", "pg-token", ...breakableText(ids.map(this.#textOf).join("")));
    const choice = node === null ? text : button("", () => this.#on.choose(node), "pg-link");
    if (node !== null) choice.append(text);
    const figures = [count(ids.length), signed(sum), signed(score)].map((figure) => make("td", "", figure));
    const open = button(t("Open in Decode"), () => this.#on.open(found, open), "pg-link");
    return make("tr", "", make("th", "", name), make("td", "pg-found-cell", choice), ...figures, make("td", "", open));
  }
}

/** @param {import("./tree.js").BeamTree} tree @returns {Found[]} */
function foundIn({ hypotheses, returned, nodes, paths, settings }) {
  const own = hypotheses.map((one) => ({
    name: one === returned[0] ? t("◆ winner") : one.returned ? t("returned") : t("not returned"),
    ids: one.token_ids,
    sum: nodes.cumulative[one.node],
    score: one.score,
    node: one.node,
    settings,
  }));
  const others = paths.map((path) => {
    const sum = path.log_probs.reduce((all, one) => all + one, 0);
    return { name: nameOf(path), ids: path.token_ids, sum, score: path.score, node: null, settings: path.settings };
  });
  return [...own, ...others];
}

const signed = (figure) => fixed(figure, 3).replace("-", "−");
