/** The controls of a beam search: its settings, Search and Stop. Knows the limits of a tree, not the server. */

import { button, make, rest } from "../common/dom.js";
import { labelled, number } from "../common/fields.js";
import { t, tn } from "../common/language.js";
import { chosenFacts } from "../models/models.js";

/** @typedef {{num_beams: number, max_new_tokens: number, length_penalty: number, no_repeat_ngram_size: number, early_stopping: boolean}} Asked */

export class SearchForm {
  #most;
  #on;

  /**
   * @param {{most_beams: number, most_tokens: number}} most  what can be read as a tree
   * @param {{search: (asked: object) => void, stop: () => void, refuse: (sentence: string) => void}} on
   */
  constructor(most, on) {
    this.#most = most;
    this.#on = on;
    this.beams = number(t("Beams"), 4, 1, most.most_beams, 1);
    this.tokens = number(t("New tokens"), Math.min(12, most.most_tokens), 1, most.most_tokens, 1);
    this.penalty = number(t("Length penalty"), 1, -10, 10, 0.5);
    this.ngram = number(t("No-repeat n-gram"), 0, 0, 10, 1);
    this.early = make("input");
    this.early.type = "checkbox";
    this.penalty.element.title = t("Score = log-probability / length ^ penalty. A penalty above 0 favours longer texts");
    this.early.title = t("The search ends as soon as the number of finished texts equals the number of beams");
    this.search = button(t("Search"), () => this.ask(), "pg-button pg-primary");
    this.search.title = t("Searches for texts after the sidebar's prompt");
    this.stop = button(t("Stop"), on.stop);
    const fields = [this.beams, this.tokens, this.penalty, this.ngram].map(({ element }) => element);
    const early = labelled(t("Early stopping"), this.early);
    this.element = make("div", "pg-compare-line", ...fields, early, this.search, this.stop);
  }

  /** @param {boolean} isRunning  whether any search runs */
  show(isRunning) {
    rest(this.search, isRunning);
    rest(this.stop, !isRunning);
  }

  /** @returns {Asked} what a press of Search asks for; NaN for an empty field */
  get asked() {
    return {
      num_beams: this.beams.input.valueAsNumber,
      max_new_tokens: this.tokens.input.valueAsNumber,
      length_penalty: this.penalty.input.valueAsNumber,
      no_repeat_ngram_size: this.ngram.input.valueAsNumber,
      early_stopping: this.early.checked,
    };
  }

  /** @param {Asked} asked  what the fields hold from now on */
  fill(asked) {
    this.beams.input.valueAsNumber = asked.num_beams;
    this.tokens.input.valueAsNumber = asked.max_new_tokens;
    this.penalty.input.valueAsNumber = asked.length_penalty;
    this.ngram.input.valueAsNumber = asked.no_repeat_ngram_size;
    this.early.checked = asked.early_stopping;
  }

  /** Begins what a press of Search begins. */
  ask() {
    const { most_beams } = this.#most;
    const most_tokens = Math.min(this.#most.most_tokens, chosenFacts()?.new_tokens ?? Infinity);
    const { asked } = this;
    const isReadable = !(asked.num_beams > most_beams || asked.max_new_tokens > most_tokens); // an empty field is refused later
    if (isReadable) this.#on.search(asked);
    else this.#on.refuse(tooLarge(most_beams, most_tokens));
  }
}

/** @param {number} beams  the most that can be read @param {number} tokens */
const tooLarge = (beams, tokens) =>
  t("The page shows trees of at most {beams} and {tokens}. Use fewer, or use the API.", {
    beams: tn("{n} beam", "{n} beams", beams),
    tokens: tn("{n} token", "{n} tokens", tokens),
  });
