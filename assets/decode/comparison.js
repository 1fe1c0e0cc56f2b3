/**
 * Shows two texts side by side: their tokens step by step, the first step in which they differ, and the two
 * distributions there, each under its own text's settings. Draws what it is given, and gets rows from a function of its
 * caller.
 */

import { reshape } from "../distribution/distribution.js";
import { make, setText } from "../common/dom.js";
import { whenAnswered } from "../common/when_answered.js";
import { listed, origin, percent } from "../common/words.js";
import { firstDifference } from "./branches.js";
import { t } from "../common/language.js";
import { haveOneVocabulary } from "../models/models.js";

const CANDIDATES = 6; // of each, so at most twice as many lines

/**
 * @typedef {object} Side
 * @property {import("../common/trace.js").Trace} trace
 * @property {string} name
 */

export class Comparison {
  #textOf;
  #rowOf;
  #asked = 0; // number of the latest comparison; rows for an earlier one are dropped

  /**
   * @param {(id: number, trace: import("../common/trace.js").Trace) => string} textOf  returns the text of a trace's token
   * @param {(traceId: string, index: number) => Promise<import("../distribution/row.js").Row>} rowOf
   * @param {() => void} onClose  called when the reader closes the comparison
   */
  constructor(textOf, rowOf, onClose) {
    this.#textOf = textOf;
    this.#rowOf = rowOf;
    this.title = make("div", "pg-comparison-title");
    this.title.role = "status";
    const close = make("button", "pg-button", t("Close"));
    close.type = "button";
    close.ariaLabel = t("Close the comparison");
    close.addEventListener("click", onClose);
    this.pairs = make("div", "pg-pairs");
    this.pairs.role = "group";
    this.pairs.tabIndex = 0;
    this.pairs.ariaLabel = t("The two texts, step by step");
    this.note = make("p", "pg-note");
    this.table = make("div", "pg-scroll");
    this.element = make("section", "pg-comparison", make("div", "pg-comparison-head", this.title, close), this.pairs);
    this.element.append(this.note, this.table);
    this.element.ariaLabel = t("Comparison");
    this.element.hidden = true;
  }

  hide() {
    this.#asked++;
    this.element.hidden = true;
  }

  /** @param {Side[]} sides  the two texts */
  async show(sides) {
    const asked = ++this.#asked;
    const models = sides.map(({ trace }) => trace.header.model);
    const isOneVocabulary = haveOneVocabulary(...models);
    const at = isOneVocabulary ? firstDifference(...sides.map((side) => side.trace)) : 0;
    setText(this.title, titleOf(listed(sides.map((side) => side.name)), isOneVocabulary ? at : null, models));
    this.#showPairs(sides, isOneVocabulary ? at : -1);
    this.table.replaceChildren();
    setText(this.note, promptNote(sides));
    this.element.hidden = false;
    this.#scrollTo(this.pairs.querySelector(".pg-differs"));
    const there = sides.filter((side) => side.trace.steps[at]);
    if (!there.length || !isOneVocabulary) return;
    try {
      const rows = await Promise.all(there.map((side) => this.#rowOf(side.trace.id, at)));
      const shapes = await whenAnswered((onAnswer) =>
        there.map(({ trace }, place) => reshape(rows[place], trace.momentBefore(at, onAnswer), trace.settingsOf(trace.steps[at]))),
      );
      if (asked === this.#asked) this.#showDistributions(there, shapes, at);
    } catch (error) {
      if (asked === this.#asked) setText(this.note, t("The distributions cannot be shown. {error}", { error: error.message }));
    }
  }

  #showPairs(sides, at) {
    const length = Math.max(...sides.map((side) => side.trace.steps.length));
    const names = make("div", "pg-pair pg-pair-names", ...sides.map((side) => make("span", "", side.name)));
    const pairs = Array.from({ length }, (_, index) => {
      const tokens = sides.map(({ trace }) => this.#chip(trace.steps[index], trace));
      const pair = make("div", "pg-pair", ...tokens);
      pair.classList.toggle("pg-same", at < 0 || index < at);
      pair.classList.toggle("pg-differs", index === at);
      const step = index + 1;
      pair.title = index === at ? t("Step {step}: the first difference", { step }) : t("Step {step}", { step });
      return pair;
    });
    this.pairs.replaceChildren(names, ...pairs);
  }

  #chip(step, trace) {
    return step ? make("span", "pg-token", this.#textOf(step.token_id, trace)) : make("span", "pg-token pg-ended", "—");
  }

  #scrollTo(pair) {
    this.pairs.scrollTop = pair ? pair.offsetTop - this.pairs.offsetTop - pair.offsetHeight : 0;
  }

  #showDistributions(sides, shapes, at) {
    const chosen = sides.map(({ trace }) => trace.steps[at].token_id);
    const best = shapes.flatMap((shape) => shape.candidates(CANDIDATES)).filter(({ probability }) => probability > 0);
    const ids = [...new Set([...chosen, ...best.map(({ id }) => id)])];
    const lines = ids.map((id) => shapes.map((shape) => shape.probability(id)));
    const order = ids.map((_, place) => place).sort((a, b) => total(lines[b]) - total(lines[a]));
    const highest = Math.max(...lines.flat());
    const heads = [t("Token"), ...sides.map((side) => side.name)].map((name) => make("th", "", name));
    for (const head of heads) head.scope = "col";
    const body = order.map((place) => {
      const cells = sides.map(({ trace }, side) => {
        const probability = lines[place][side];
        const mark = ids[place] === chosen[side] ? ` ◆ ${origin(trace.steps[at])}` : "";
        const fill = make("span", "pg-fill");
        fill.style.width = `${(100 * probability) / highest}%`;
        const track = make("span", "pg-pair-track", fill);
        const cell = make("td", mark ? "pg-drawn" : "", track, make("span", "", percent(probability) + mark));
        return cell;
      });
      const head = make("th", "pg-token", this.#textOf(ids[place], sides[0].trace));
      head.scope = "row";
      return make("tr", "", head, ...cells);
    });
    const words = t("Step {step}: the most probable next tokens of each text under its own settings", { step: at + 1 });
    const caption = make("caption", "", words);
    const table = make("table", "pg-pair-table", caption);
    table.append(make("thead", "", make("tr", "", ...heads)), make("tbody", "", ...body));
    table.role = "table";
    this.table.replaceChildren(table);
  }
}

/** @param {string} names  of both texts @param {number | null} at  the first difference, -1 for none; null if the tokens are others */
function titleOf(names, at, models) {
  if (at === null) return t("{names}: written in different tokens, by {models}", { names, models: listed(models) });
  if (at < 0) return t("{names}: the same in every step", { names });
  return t("{names}: the first difference is at step {step}", { names, step: at + 1 });
}

function promptNote(sides) {
  const [one, other] = sides.map((side) => side.trace.header.prompt_ids.join());
  return one === other ? "" : t("The prompts differ. Tokens of the same step are side by side.");
}

const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
