/**
 * The search of the whole tree of a few tokens, best first: its controls, and the most probable sequences that it
 * found. Draws what it is given.
 *
 * @typedef {{token_ids: number[], probability: number}} Sequence
 *
 * @typedef {object} WholeMessage  as playground/web/messages/beams.py makes it
 * @property {"running" | "done" | "stopped"} state
 * @property {string} model  the name of the model that was searched
 * @property {number} horizon  the number of tokens in a sequence
 * @property {number} expanded  the number of beginnings that were looked at
 * @property {number} budget  the most beginnings to look at
 * @property {(Sequence & {proven: boolean})[]} sequences  the most probable one first
 * @property {Sequence} greedy
 * @property {string[]} advice  sentences
 */

import { button, make, rest, setText } from "../common/dom.js";
import { select } from "../common/fields.js";
import { scroller } from "../common/scroller.js";
import { breakableText } from "../common/word_breaks.js";
import { count, t, tn, tParts } from "../common/language.js";
import { percent } from "../common/words.js";

export class WholeTree {
  #textOf;

  /**
   * @param {(id: number) => string} textOf
   * @param {{search: (asked: {horizon: number}) => void}} on
   */
  constructor(textOf, on) {
    this.#textOf = textOf;
    const horizon = select(t("Tokens"), ["1", "2", "3", "4"]);
    horizon.value = "3";
    this.search = button(t("Search the whole tree"), () => on.search({ horizon: Number(horizon.value) }));
    const [title, ...rest] = tParts("The most probable sequences of {number} tokens", { number: horizon });
    this.controls = make("div", "pg-compare-line", make("span", "pg-chart-title", title), ...rest, " ", this.search);
    this.told = make("div");
    this.caption = make("caption");
    this.body = make("tbody");
    const head = make("thead", "", make("tr", "", ...[t("rank"), t("text"), t("probability")].map((name) => make("th", "", name))));
    const table = make("table", "pg-measures pg-found", this.caption, head, this.body);
    this.table = scroller(t("The most probable sequences"), table);
    this.table.hidden = true;
    this.found = make("div", "pg-beam-whole", this.told, this.table);
  }

  /** @param {boolean} isRunning  whether any search runs */
  show(isRunning) {
    rest(this.search, isRunning);
  }

  /** @param {WholeMessage} whole */
  showFound({ state, advice, sequences, greedy, horizon, expanded, budget }) {
    const lines = sequences.map((one, place) => {
      const name = nameOf(place + 1, isSame(one, greedy), one.proven);
      return this.#line(name, one);
    });
    if (!sequences.some((one) => isSame(one, greedy))) lines.push(this.#line(t("greedy"), greedy));
    setText(this.caption, tn("The most probable sequences of {n} token under the model", "The most probable sequences of {n} tokens under the model", horizon));
    const progress = t("Searching: {expanded} of up to {budget} beginnings searched …", { expanded, budget });
    const sentences = state === "running" ? [progress] : advice;
    this.told.replaceChildren(...sentences.map((sentence) => make("p", "", sentence)));
    this.body.replaceChildren(...lines);
    this.table.hidden = false;
  }

  /** @param {string} name @param {Sequence} sequence */
  #line(name, { token_ids, probability }) {
    const text = make("td", "pg-token", ...breakableText(token_ids.map(this.#textOf).join("")));
    return make("tr", "", make("th", "", name), text, make("td", "", percent(probability)));
  }
}

/** @param {number} rank @param {boolean} isGreedy @param {boolean} isProven @returns {string} how a sequence is called */
function nameOf(rank, isGreedy, isProven) {
  if (isProven) return isGreedy ? t("{rank} greedy", { rank }) : count(rank);
  return isGreedy ? t("{rank} greedy (not proven)", { rank }) : t("{rank} (not proven)", { rank });
}

/** @param {Sequence} one @param {Sequence} other */
const isSame = ({ token_ids: ids }, { token_ids: others }) =>
  ids.length === others.length && ids.every((id, place) => id === others[place]);
