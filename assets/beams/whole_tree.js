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
import { count, percent, plural } from "../common/words.js";

export class WholeTree {
  #textOf;

  /**
   * @param {(id: number) => string} textOf
   * @param {{search: (asked: {horizon: number}) => void}} on
   */
  constructor(textOf, on) {
    this.#textOf = textOf;
    const horizon = select("Tokens", ["1", "2", "3", "4"]);
    horizon.value = "3";
    this.search = button("Search the whole tree", () => on.search({ horizon: Number(horizon.value) }));
    const title = make("span", "pg-chart-title", "The most probable sequences of ");
    this.controls = make("div", "pg-compare-line", title, horizon, " tokens ", this.search);
    this.told = make("div");
    this.caption = make("caption");
    this.body = make("tbody");
    const head = make("thead", "", make("tr", "", ...["rank", "text", "probability"].map((name) => make("th", "", name))));
    const table = make("table", "pg-measures pg-found", this.caption, head, this.body);
    this.table = scroller("The most probable sequences", table);
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
      const name = `${place + 1}${isSame(one, greedy) ? " greedy" : ""}${one.proven ? "" : " (not proven)"}`;
      return this.#line(name, one);
    });
    if (!sequences.some((one) => isSame(one, greedy))) lines.push(this.#line("greedy", greedy));
    setText(this.caption, `The most probable sequences of ${plural(horizon, "token")} under the model`);
    const progress = `Searching: ${count(expanded)} of up to ${count(budget)} beginnings searched …`;
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

/** @param {Sequence} one @param {Sequence} other */
const isSame = ({ token_ids: ids }, { token_ids: others }) =>
  ids.length === others.length && ids.every((id, place) => id === others[place]);
