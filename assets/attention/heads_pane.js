/**
 * Shows the grid of all heads with its title and its scale, and the measures of the heads on this text.
 * The measures are fetched when the reader chooses one.
 */

import { choice, hidesFirst } from "./choice.js";
import { HeadGrid } from "./head_grid.js";
import { HEAT_SCALE } from "./heat.js";
import { Legend } from "./legend.js";
import { MEASURES, MEASURES_OF, strongest } from "./measures.js";
import { fetchMeasures, nothingDrawn } from "./reader.js";
import { exportOf } from "./take.js";
import { LOG_FLOOR, withoutFirst } from "./weights.js";
import { capital, mostOf, quoted } from "./words.js";
import { button, make, setText } from "../common/dom.js";
import { brief, count, t, tn } from "../common/language.js";

const MARKED = 5;
const NONE = "nothing";
const NO_COPY = t("No token of this text occurs twice, so there is no induction to measure.");
const NOT_ENOUGH = t("The measures need a text of at least two tokens.");

export class HeadsPane {
  #shown = null; // {heads, text, query, isLog}
  #text = null;
  #facts = null;
  /** @type {import("./sides.js").Kind} */
  #kind = "self";
  #isMerged = false; // as in the facts
  #measures = null; // the text's measures, once fetched
  #onOpen;

  /** @param {(layer: number, head: number) => void} onOpen  called when the reader chooses a head */
  constructor(onOpen) {
    this.#onOpen = (layer, head) => {
      if (!this.#shown?.heads.without[layer]) onOpen(layer, head);
    };
    this.title = make("div", "pg-bars-title");
    this.grid = new HeadGrid(this.#onOpen, (layer, head) => this.#words(layer, head));
    this.legend = new Legend();
    this.measure = make("select", "pg-select", ...optionsOf(this.#kind, this.#isMerged));
    this.measure.ariaLabel = t("Mark heads by");
    this.measure.addEventListener("change", () => this.#mark());
    this.sentence = make("p", "pg-measure-said");
    this.sentence.ariaLive = "polite";
    this.best = make("ol", "pg-measure-best");
    this.best.ariaLabel = t("Strongest heads");
    const marking = make("div", "pg-measure", make("label", "", `${t("mark heads by")} `, this.measure), this.best, this.sentence);
    const head = make("div", "pg-picture-head", this.title);
    this.element = make("figure", "pg-heads-pane", head, this.grid.element, this.legend.element, marking);
    this.element.ariaLabel = t("All heads");
    head.append(exportOf("heads", t("Export the heads"), this.element, () => this.#rows()));
  }

  /**
   * Begins with another text and removes the rows and measures of the last one.
   *
   * @param {import("./sides.js").Sides} text
   * @param {import("./reader.js").Facts} facts
   */
  begin(text, facts) {
    const isSame = text.kind === this.#kind && facts.is_merged === this.#isMerged;
    if (!isSame) this.measure.replaceChildren(...optionsOf(text.kind, facts.is_merged));
    this.#kind = text.kind;
    this.#isMerged = facts.is_merged;
    this.#text = text;
    this.#facts = facts;
    this.#shown = this.#measures = null;
    setText(this.title, "");
    this.grid.clear();
    this.#mark();
  }

  /** @param {import("./head_grid.js").Heads} heads @param {import("./sides.js").Sides} text @param {number} query */
  show(heads, text, query, isLog) {
    this.#shown = { heads, text, query, isLog };
    const token = quoted(text.tokens, query);
    setText(this.title, text.kind === "encoder" ? t("All heads at {token}", { token }) : t("All heads after {token}", { token }));
    this.legend.show(t("weight"), HEAT_SCALE, isLog ? `≤ ${brief(LOG_FLOOR, 1)}` : count(0), count(1));
    this.redraw();
  }

  /** Draws the same rows again, for another size, another choice or other marked heads. */
  redraw() {
    if (!this.#shown) return;
    const { heads, isLog, text } = this.#shown;
    const rows = new Map();
    const row = (layer, head) => {
      const key = layer * heads.heads + head;
      if (!rows.has(key)) rows.set(key, hidesFirst(text) ? withoutFirst(heads.row(layer, head)) : heads.row(layer, head));
      return rows.get(key);
    };
    this.grid.show({ ...heads, row }, choice(), isLog, this.#strongest());
    this.#press();
  }

  /** Shows which of the strongest heads is the one in view. */
  #press() {
    const { layer, head } = choice();
    for (const one of this.best.querySelectorAll("button")) one.ariaPressed = String(one.dataset.head === `${layer}.${head}`);
  }

  #strongest() {
    const values = this.#measures?.[this.measure.value];
    return values ? strongest(values, MEASURES[this.measure.value].isSmallFirst, MARKED) : [];
  }

  async #mark() {
    const text = this.#text;
    const measure = MEASURES[this.measure.value];
    this.best.replaceChildren();
    setText(this.sentence, measure?.sentence ?? "");
    if (measure && text.isCausal && text.size < 2) setText(this.sentence, NOT_ENOUGH);
    else if (measure) await this.#measureText(text);
    if (text === this.#text) this.redraw();
  }

  async #measureText(text) {
    const name = this.measure.value;
    try {
      const measures = await fetchMeasures(text, Math.min(text.size, this.#facts.map_tokens));
      if (text !== this.#text || name !== this.measure.value) return;
      this.#measures = measures;
      this.#list(name);
    } catch (error) {
      if (text === this.#text) setText(this.sentence, error.message);
    }
  }

  #list(name) {
    const { sentence, words } = MEASURES[name];
    const values = this.#measures[name];
    if (!values) return setText(this.sentence, name === "induction" ? NO_COPY : NOT_ENOUGH);
    const all = this.#text.isCausal || ["previous", "next"].includes(name) ? this.#measures.tokens - 1 : this.#measures.tokens;
    const queries = name === "induction" ? this.#measures.induction_queries : all;
    setText(this.sentence, `${sentence} ${tn("Measured on {n} token of this text.", "Measured on {n} tokens of this text.", queries)}`);
    const buttons = this.#strongest().map(([layer, head]) => {
      const one = button(`${layer}.${head} `, () => this.#onOpen(layer, head));
      one.append(make("strong", "", words(values[layer][head])));
      one.dataset.head = `${layer}.${head}`;
      one.ariaLabel = t("Layer {layer}, head {head}: {value}", { layer, head, value: words(values[layer][head]) });
      return make("li", "", one);
    });
    this.best.replaceChildren(...buttons);
    this.#press();
  }

  #words(layer, head) {
    const { heads, text } = this.#shown;
    if (heads.without[layer]) return nothingDrawn(heads.without, layer);
    const measured = this.#measures?.[this.measure.value]?.[layer]?.[head];
    const name = MEASURES[this.measure.value];
    const most = t("Layer {layer}, head {head}: most to {keys}.", { layer, head, keys: mostOf(heads.row(layer, head), text.keyTokens, 1) });
    return measured === undefined ? most : `${most} ${capital(t("{measure}: {value}.", { measure: name.label, value: name.words(measured) }))}`;
  }

  #rows() {
    const { heads, text, query } = this.#shown;
    const header = ["layer", "head", ...text.keyTokens.slice(0, text.seen(query)).map((token, key) => `${count(key + 1)} ${token}`)];
    const lines = [];
    for (let layer = 0; layer < heads.layers; layer++) {
      for (let head = 0; head < heads.heads && !heads.without[layer]; head++) lines.push([layer, head, ...heads.row(layer, head)]);
    }
    return [header, ...lines];
  }
}

/**
 * @param {import("./sides.js").Kind} kind
 * @param {boolean} isMerged  whether the weights do not add up to 1 alone: then they have no entropy
 */
const optionsOf = (kind, isMerged) =>
  [NONE, ...MEASURES_OF[kind]].filter((name) => !isMerged || name !== "entropy_bits").map(measureOption);

function measureOption(name) {
  const option = make("option", "", MEASURES[name]?.label ?? t("nothing"));
  option.value = name;
  return option;
}
