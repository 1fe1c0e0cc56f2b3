/** The table of the texts that a search found, with the greedy and the sampled one. Draws what it is given. */

import { button, make } from "../common/dom.js";
import { scroller } from "../common/scroller.js";
import { breakableText } from "../common/word_breaks.js";
import { count } from "../common/words.js";
import { term } from "../glossary/term.js";

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
    const names = ["found", "text", "tokens", "log-prob.", "score", make("span", "pg-spoken", "open")];
    const head = make("thead", "", make("tr", "", ...names.map((name) => make("th", "", name))));
    const caption = make("caption", "", "The texts found, by score: ", term("log-probability"), " of all tokens / length ^ ", term("length penalty", "penalty"));
    this.element = scroller("The texts found", make("table", "pg-measures pg-found", caption, head, this.body));
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
    const open = button("Open in Decode", () => this.#on.open(found, open), "pg-link");
    return make("tr", "", make("th", "", name), make("td", "pg-found-cell", choice), ...figures, make("td", "", open));
  }
}

/** @param {import("./tree.js").BeamTree} tree @returns {Found[]} */
function foundIn({ hypotheses, returned, nodes, paths, settings }) {
  const own = hypotheses.map((one) => ({
    name: one === returned[0] ? "◆ winner" : one.returned ? "returned" : "not returned",
    ids: one.token_ids,
    sum: nodes.cumulative[one.node],
    score: one.score,
    node: one.node,
    settings,
  }));
  const others = paths.map((path) => {
    const sum = path.log_probs.reduce((all, one) => all + one, 0);
    return { name: path.name, ids: path.token_ids, sum, score: path.score, node: null, settings: path.settings };
  });
  return [...own, ...others];
}

const signed = (figure) => figure.toFixed(3).replace("-", "−");
