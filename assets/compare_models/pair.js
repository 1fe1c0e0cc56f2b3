/**
 * Compares two columns: their distributions at the step in view on one axis of tokens with how far they are apart, the
 * place where their texts part, and what both wrote. Draws what it is given.
 *
 * @typedef {import("./column.js").Column} Column
 */

import { make, setText } from "../common/dom.js";
import { select } from "../common/fields.js";
import { count, fixed, significant, t, tn, tParts } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { percent } from "../common/words.js";
import { probabilities, rawProbabilities } from "../distribution/divergence.js";
import { setTextWith, term } from "../glossary/term.js";
import { haveOneVocabulary } from "../models/models.js";
import { matchedById, matchedByText } from "./matched.js";
import { PartingView } from "./parting_view.js";
import { heading, PiecesView } from "./pieces_view.js";
import { partingOf, placed } from "./texts.js";

const RAW = t("the models' own");
const IN_VIEW = t("under the settings");
const SMALLEST = 0.0001; // a smaller divergence is not told in digits

export class Pair {
  /** @type {Column[]} those with a text */
  #columns = [];
  #step = 0;
  #chosen = [0, 1];
  #drawn = ""; // what the table shows, so that it is not made again for each token that comes

  /** @param {() => void} onChoose  called when the reader chooses other columns */
  constructor(onChoose) {
    const choose = () => {
      this.#chosen = [this.one.selectedIndex, this.other.selectedIndex];
      onChoose();
    };
    this.one = select(t("First model"), [], { onChange: choose });
    this.other = select(t("Second model"), [], { onChange: choose });
    this.kind = select(t("Which probabilities"), [RAW, IN_VIEW], { onChange: () => this.#draw() });
    this.title = make("h3", "pg-chart-title");
    this.note = make("p", "pg-muted");
    this.measures = make("p", "pg-models-measures");
    this.measures.role = "status";
    this.measures.ariaLive = "off"; // each step that comes into view has its own
    this.terms = [term("KL"), term("total variation")];
    this.head = make("tr");
    this.body = make("tbody");
    const table = make("table", "pg-table pg-models-table", make("thead", "", this.head), this.body);
    table.ariaLabel = t("The most probable tokens of both models at the step in view, with their probabilities");
    this.table = scroller(t("The most probable tokens of both models"), table);
    this.parting = new PartingView();
    this.pieces = new PiecesView();
    const bar = make("div", "pg-compare-line", ...tParts("{one} and {other}", { one: this.one, other: this.other }), this.kind);
    const step = make("div", "pg-models-step", this.title, this.note, this.measures, this.table);
    const texts = make("div", "pg-models-texts", this.parting.element, this.pieces.element);
    this.element = make("section", "pg-models-pair", bar, make("div", "pg-models-halves", step, texts));
    this.element.ariaLabel = t("Two of the models compared");
    this.clear();
  }

  clear() {
    this.#columns = [];
    this.element.hidden = true;
  }

  /** @returns {Column[]} the two columns that are compared, none if there are no two */
  get pair() {
    const [one, other] = this.#chosen.map((place) => this.#columns[place]);
    return one && other && one !== other ? [one, other] : [];
  }

  /** @param {Column} column @returns {number[]} the steps whose rows the comparison needs beside the one in view */
  stepsOf(column) {
    const place = this.pair.indexOf(column);
    return place < 0 || !this.#parting ? [] : [this.#parting.steps[place]];
  }

  /** @param {Column[]} columns @param {number} step  the one in view */
  show(columns, step) {
    this.#columns = columns.filter(({ trace }) => trace);
    this.#step = step;
    this.element.hidden = this.#columns.length < 2;
    if (this.element.hidden) return;
    const titles = this.#columns.map(({ title }) => title);
    fill(this.one, titles, this.#chosen[0]);
    fill(this.other, titles, this.#chosen[1]);
    this.#draw();
  }

  get #parting() {
    const [one, other] = this.pair;
    return one ? partingOf(one, other, haveOneVocabulary(one.name, other.name)) : null;
  }

  #draw() {
    setText(this.title, t("The next token at step {step}, in both models", { step: this.#step + 1 }));
    const pair = this.pair;
    if (!pair.length) return this.#leave(t("Choose two different models."));
    const isById = haveOneVocabulary(pair[0].name, pair[1].name);
    const parting = this.#parting;
    this.parting.show(pair, parting, isById);
    this.pieces.show(pair, parting, isById);
    const missing = pair.find(({ trace }) => !trace.steps[this.#step]);
    if (missing) return this.#leave(t("The text of {model} has no step {step}.", { model: missing.title, step: this.#step + 1 }));
    setText(this.note, `${this.#place(pair, parting)} ${isById ? "" : BY_TEXT}`);
    if (!pair.every((column) => column.rowAt(this.#step))) return setText(this.measures, "…");
    const key = JSON.stringify([pair.map(({ trace, settings }) => [trace.id, settings]), this.#step, this.kind.value]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#fill(pair, isById);
  }

  /** Shows no distributions. @param {string} sentence  why */
  #leave(sentence) {
    setText(this.note, sentence);
    setTextWith(this.measures, "", this.terms);
    this.head.replaceChildren();
    this.body.replaceChildren();
    this.#drawn = "";
  }

  /** Says whether both models have read the same text at the step in view. */
  #place(pair, parting) {
    if (readOtherPrompts(pair)) return t("The two models have read different prompts: each has a chat template of its own.");
    const [start, otherStart] = pair.map((side) => placed(side)[this.#step].start);
    if (parting && Math.max(start, otherStart) > parting.bytes) return t("The texts have parted before, so the two models have read different texts here.");
    if (start !== otherStart) return t("The two models are not at the same place of the text here, because their tokens have different lengths.");
    return t("Both models have read the same text here.");
  }

  #fill(pair, isById) {
    const isRaw = this.kind.value === RAW;
    const shapes = isRaw ? [] : pair.map((column) => column.shapeAt(this.#step));
    if (shapes.some(({ isWaiting }) => isWaiting)) {
      this.#drawn = ""; // it is drawn when the server has answered
      return;
    }
    const shares = isRaw ? pair.map((column) => rawProbabilities(column.rowAt(this.#step))) : shapes.map(probabilities);
    const matched = isById ? matchedById(shares, pair[0].textOf) : matchedByText(shares, pair.map(({ textOf }) => textOf));
    const { entries, klBits, inBoth, of, totalVariation } = matched;
    const kl = klBits?.map((bits, side) => `KL(${side ? "2‖1" : "1‖2"}) ${told(bits)}`) ?? [];
    const overlap = tn("{inBoth} of the {n} most probable token is the same", "{inBoth} of the {n} most probable tokens are the same", of, { inBoth });
    const variation = t("total variation {share}", { share: percent(totalVariation) });
    setTextWith(this.measures, [...kl, variation, overlap].join(" · "), this.terms);
    const scale = Math.max(...entries.flatMap((entry) => entry.shares));
    this.head.replaceChildren(...[t("Token"), ...pair.map(({ title }) => `${title}, %`)].map(heading));
    this.body.replaceChildren(...entries.map((entry) => this.#row(entry, scale, pair)));
  }

  #row({ text, shares }, scale, pair) {
    const name = make("th", "pg-token", text);
    name.scope = "row";
    const cells = shares.map((share, side) => {
      const bar = make("span", "pg-models-bar");
      bar.style.width = `calc(${share / scale} * (100% - 5rem))`; // this leaves room for the number
      const { trace, textOf } = pair[side];
      const isChosen = textOf(trace.steps[this.#step].token_id) === text;
      return make("td", isChosen ? "pg-models-chosen" : "", bar, `${isChosen ? "◆ " : ""}${percent(share)}`);
    });
    return make("tr", "", name, ...cells);
  }
}

const BY_TEXT = t(
  "Their vocabularies differ, so tokens are matched by their texts: what one model writes as one token and the other as several counts as different.",
);

/** Whether two models of one vocabulary did not get the same prompt, or each got one of its own chat template. */
function readOtherPrompts([one, other]) {
  const [prompt, otherPrompt] = [one, other].map(({ trace, textOf }) => trace.header.prompt_ids.map(textOf).join(""));
  return Boolean(one.trace.header.conversation) && prompt !== otherPrompt;
}

/** A divergence with three significant digits, because two precisions of one model differ by thousandths of a bit. */
function told(bits) {
  const isTiny = bits > 0 && bits < SMALLEST;
  return t("{number} bits", { number: isTiny ? `<${fixed(SMALLEST, 4)}` : bits === 0 ? count(0) : significant(bits, 3) });
}

function fill(element, texts, place) {
  if (Array.from(element.options, ({ text }) => text).join("\n") !== texts.join("\n")) {
    element.replaceChildren(...texts.map((text) => make("option", "", text)));
  }
  element.selectedIndex = Math.min(place, texts.length - 1);
}
