/**
 * The line under the tokens: buttons that put words into the blank in view, the seed of the draws, the colours of the text
 * with their sum, and the link. Knows elements, not texts.
 *
 * @typedef {object} Calls
 * @property {() => void} best
 * @property {() => void} draw
 * @property {() => void} empty
 * @property {() => void} seed  the seed has changed
 * @property {() => void} shade  the reader wants other colours
 * @property {() => Promise<string>} link  copies a link and returns what to say
 *
 * @typedef {object} Shown
 * @property {number | null} blank  the place of the blank in view
 * @property {number} number  its number, from 0
 * @property {number} blanks
 * @property {boolean} isFilled
 * @property {boolean} isReady  whether its row is there
 * @property {import("./state.js").Scored | null} scored
 * @property {boolean} isScoring  whether the scores are under way
 * @property {Map<string, string>} own  the tokens that are no words, each with what it means
 */

import { button, make, patch, rest, setText } from "../common/dom.js";
import { SHADINGS } from "../common/shading.js";
import { t } from "../common/language.js";
import { explained } from "../glossary/term.js";
import { LIKELIHOOD, likelihood, SCORING } from "./words.js";

/** What the text can be coloured by: the name of a shading, none at first, and how the list calls it. */
const SHADES = [["", t("no colours")], ["probability", t("colour by probability")], ["surprisal", t("colour by surprisal")]];
const WIDEST = "surprisal"; // of the legends
const FIRST_SEED = 5;
const NEW_SEEDS = 1_000_000; // as in the sidebar
const MOST_SEED = 2 ** 32 - 1;

export class Deeds {
  #calls;
  #seed = FIRST_SEED;

  /** @param {Calls} calls */
  constructor(calls) {
    this.#calls = calls;
    this.which = make("strong", "pg-fill-which");
    this.best = button("", calls.best, "pg-button pg-primary");
    this.best.append(make("span", "pg-fill-wide", t("Fill with the most probable")), make("span", "pg-fill-narrow", t("most probable")));
    this.best.ariaLabel = t("Fill with the most probable");
    this.draw = button(t("Draw"), calls.draw);
    this.draw.title = t("Puts in the word on which the seed's number falls, under the settings in the sidebar");
    this.empty = button("", calls.empty);
    this.empty.append(make("span", "pg-fill-wide", t("Empty it again")), make("span", "pg-fill-narrow", t("Empty")));
    this.empty.ariaLabel = t("Empty it again");
    this.input = make("input", "pg-input pg-fill-seed");
    this.input.type = "number";
    this.input.min = "0";
    this.input.value = String(FIRST_SEED);
    this.input.addEventListener("input", () => this.#onSeed());
    const dice = button(t("⚄ New"), () => this.#newSeed());
    dice.ariaLabel = t("New seed");
    this.blanks = make("span", "pg-fill-group", this.which, this.best, this.draw, this.empty, make("label", "", `${t("seed")} `, this.input), dice);
    this.shades = make("select", "pg-select", ...SHADES.map(([name, text]) => option(name, text)));
    this.shades.ariaLabel = t("Colour the text by");
    this.shades.title = LIKELIHOOD;
    this.shades.addEventListener("change", calls.shade);
    this.legend = make("span", "pg-shades"); // keeps its room while there are no colours
    this.legend.ariaHidden = "true";
    this.score = make("span", "pg-fill-group", this.shades, this.legend);
    this.link = button(t("Copy link"), async () => setText(this.said, await calls.link()));
    this.said = make("span", "pg-muted");
    this.said.role = "status";
    /** Stands in the place of the line under the buttons while there are colours. */
    this.sum = make("p", "pg-fill-sum");
    this.sum.role = "status";
    this.own = make("span", "pg-fill-own");
    this.own.dataset.words = ""; // they are one stop of the Tab key
    this.element = make("div", "pg-fill-deeds", this.blanks, make("span", "pg-fill-group", this.link, this.said), this.own, this.score);
  }

  /** @returns {number} the seed of the draws */
  get seed() {
    return this.#seed;
  }

  set seed(seed) {
    this.#seed = Math.min(seed, MOST_SEED);
    this.input.value = String(this.#seed);
  }

  /** @returns {string} the name of the number that the colours show, "" for none */
  get shading() {
    return this.score.hidden ? "" : this.shades.value;
  }

  /** @param {string} task  of the model's head @param {string | null} mask  its mask token */
  suit(task, mask) {
    const fills = task === "fill-mask" && mask !== null;
    this.blanks.hidden = this.score.hidden = this.sum.hidden = !fills;
  }

  /** @param {Shown} shown */
  show({ blank, number, blanks, isFilled, isReady, scored, isScoring, own }) {
    setText(this.which, blank === null ? t("No blank in view") : t("Blank {number} of {all}", { number: number + 1, all: blanks }));
    for (const one of [this.best, this.draw]) rest(one, !isReady);
    rest(this.empty, !isFilled);
    const { shading } = this;
    if (this.legend.dataset.of !== shading) {
      this.legend.dataset.of = shading;
      this.legend.replaceChildren(...SHADINGS[shading || WIDEST].legend.map((part) => (typeof part === "number" ? patch("shade", part) : part)));
    }
    this.legend.classList.toggle("pg-fill-away", !shading);
    const names = [...own.keys()].join("");
    if (this.own.textContent !== names) this.own.replaceChildren(...Array.from(own, ([token, says]) => explained(token, says)));
    const told = scored ? likelihood(scored) : isScoring ? SCORING : "";
    setText(this.sum, `${told} ${LIKELIHOOD}`.trim());
  }

  #onSeed() {
    const seed = Number(this.input.value);
    if (this.input.value === "" || !Number.isInteger(seed) || seed < 0 || seed > MOST_SEED) return;
    this.#seed = seed;
    this.#calls.seed();
  }

  #newSeed() {
    this.seed = Math.floor(Math.random() * NEW_SEEDS);
    this.#calls.seed();
  }
}

function option(name, text) {
  const element = make("option", "", text);
  element.value = name;
  return element;
}
