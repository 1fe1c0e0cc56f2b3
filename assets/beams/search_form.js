/** The controls of a beam search: its settings, Search and Stop. Knows the limits of a tree, not the server. */

import { button, make, rest } from "../common/dom.js";
import { labelled, number } from "../common/fields.js";
import { plural } from "../common/words.js";
import { chosenFacts } from "../models/models.js";

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
    this.beams = number("Beams", 4, 1, most.most_beams, 1);
    this.tokens = number("New tokens", Math.min(12, most.most_tokens), 1, most.most_tokens, 1);
    this.penalty = number("Length penalty", 1, -10, 10, 0.5);
    this.ngram = number("No-repeat n-gram", 0, 0, 10, 1);
    this.early = make("input");
    this.early.type = "checkbox";
    this.penalty.element.title = "Score = log-probability / length ^ penalty. A penalty above 0 favours longer texts";
    this.early.title = "The search ends as soon as the number of finished texts equals the number of beams";
    this.search = button("Search", () => this.#ask(), "pg-button pg-primary");
    this.search.title = "Searches for texts after the sidebar's prompt";
    this.stop = button("Stop", on.stop);
    const fields = [this.beams, this.tokens, this.penalty, this.ngram].map(({ element }) => element);
    const early = labelled("Early stopping", this.early);
    this.element = make("div", "pg-compare-line", ...fields, early, this.search, this.stop);
  }

  /** @param {boolean} isRunning  whether any search runs */
  show(isRunning) {
    rest(this.search, isRunning);
    rest(this.stop, !isRunning);
  }

  #ask() {
    const { most_beams } = this.#most;
    const most_tokens = Math.min(this.#most.most_tokens, chosenFacts()?.new_tokens ?? Infinity);
    const asked = {
      num_beams: this.beams.input.valueAsNumber,
      max_new_tokens: this.tokens.input.valueAsNumber,
      length_penalty: this.penalty.input.valueAsNumber,
      no_repeat_ngram_size: this.ngram.input.valueAsNumber,
      early_stopping: this.early.checked,
    };
    const isReadable = !(asked.num_beams > most_beams || asked.max_new_tokens > most_tokens); // an empty field is refused later
    const most = `${most_beams} beams and ${plural(most_tokens, "token")}`;
    if (isReadable) this.#on.search(asked);
    else this.#on.refuse(`The page shows trees of at most ${most}. Use fewer, or use the API.`);
  }
}
