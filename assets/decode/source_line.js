/**
 * Shows above the strip what the encoder read, and which of its tokens the token in view looked at: by shades, by curves
 * between the two lines, and in words. Above it stands the loop of the model. It is in the page only for a text with a
 * source.
 *
 * The arrow keys, in the line of the source, move from token to token and say each weight.
 */

import { heatShade } from "../attention/heat.js";
import { fetchSourceRow } from "../attention/reader.js";
import { largest } from "../attention/weights.js";
import { make, patch, setText } from "../common/dom.js";
import { select } from "../common/fields.js";
import { t } from "../common/language.js";
import { recomputedSentence } from "../common/recomputed.js";
import { onResize } from "../common/resize.js";
import { tellShown } from "../common/shown.js";
import { SHADES } from "../common/shading.js";
import { draw, set } from "../common/svg.js";
import { TokenChoice } from "../common/token_choice.js";
import { openedFile } from "../common/trace_file.js";
import { explained, term } from "../glossary/term.js";
import { modelNamed } from "../models/models.js";
import { meaningOfEnds } from "./loop.js";
import { LoopStrip } from "./loop_strip.js";
import { curve, lookSentence, MOST_CURVES, pairSentence, share, strongest } from "./source_weights.js";

const NO_MODEL = t("This text was not generated here, so its attention is not available.");
const MEAN = "mean";

export class SourceLine {
  #textOf;
  #strip;
  #trace = null; // whose source is shown
  #place = null; // {trace, index} of the token in view
  #asked = {}; // identifies the latest question
  #shown = null; // {trace, index, row}: whose weights are drawn, until the next ones are there
  #chips = []; // one element a token of the source
  #key = null; // the source's token that the reader chose
  #choice;
  #isBegun = false;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {import("./token_strip.js").TokenStrip} strip  above which it stands
   */
  constructor(textOf, strip) {
    this.#textOf = textOf;
    this.#strip = strip;
    this.layer = select(t("Layer of the attention to the source"), [], { onChange: () => this.#read() });
    this.head = select(t("Head of the attention to the source"), [], { onChange: () => this.#read() });
    this.top = make("span");
    const patches = Array.from({ length: SHADES }, (_, heat) => patch("heat", heat));
    const legend = make("span", "pg-shades", "0", ...patches, this.top);
    const controls = make("span", "pg-encoder-controls", term("cross-attention", t("cross-attention")), this.layer, this.head, legend);
    this.said = make("p", "pg-encoder-said");
    this.said.ariaLive = "polite";
    this.ends = make("span", "pg-encoder-ends");
    this.ends.dataset.words = ""; // they are one stop of the Tab key
    this.list = make("span", "pg-encoder-list");
    this.list.ariaLabel = t("What the encoder read");
    this.scroller = make("div", "pg-encoder-tokens", this.list);
    this.curves = Array.from({ length: MOST_CURVES }, () => draw("path", "", { fill: "none" }));
    this.lines = draw("svg", "pg-encoder-lines", { "aria-hidden": "true" }, ...this.curves);
    this.loop = new LoopStrip(textOf);
    const head = make("div", "pg-encoder-head", make("strong", "", t("What the encoder read")), controls);
    this.element = make("div", "pg-encoder", this.loop.element, head, make("div", "pg-encoder-line", this.said, this.ends), this.scroller, this.lines);
    this.#choice = new TokenChoice(this.list, this.scroller, "pg-source", (place) => this.#choose(place));
  }

  /** Shows the source of a text, or nothing. @param {import("../common/trace.js").Trace | null} trace */
  show(trace) {
    if (!trace?.header.source_ids?.length) {
      this.element.remove();
      this.#trace = null;
      return;
    }
    if (!this.element.isConnected) this.#strip.element.before(this.element);
    this.#watch();
    if (trace.id === this.#trace?.id) return;
    if (trace.header.model !== this.#trace?.header.model) for (const list of [this.layer, this.head]) list.replaceChildren();
    this.#trace = trace;
    this.#clear();
    this.#choice.clear();
    this.#chips = trace.header.source_ids.map((id) => make("span", "pg-token", this.#textOf(id)));
    this.list.replaceChildren(...this.#chips);
    for (const [place, chip] of this.#chips.entries()) this.#choice.add(chip, place);
    this.#explainEnds(trace.header);
  }

  /** Explains the start token and the end token, which are no words of a text. @param {import("../common/trace.js").Header} header */
  #explainEnds(header) {
    const facts = (!header.words && modelNamed(header.model)) || {};
    const ends = [...meaningOfEnds(header, this.#textOf, facts)];
    this.ends.replaceChildren(...ends.map(([token, says]) => explained(token, says)));
  }

  /**
   * Shows what another token looked at.
   *
   * @param {import("../common/trace.js").Trace} trace
   * @param {import("../common/trace.js").Step} step  of the token
   * @param {import("../distribution/row.js").Row} row  of the step
   */
  look(trace, step, row) {
    const { index } = step;
    if (trace.header.source_ids?.length) this.loop.show(trace, step, row);
    const isSame = this.#place?.trace === trace && this.#place.index === index;
    if (isSame && this.#shown) return; // only a slider has moved
    this.#place = { trace, index };
    this.#key = null;
    this.#choice.unmark();
    if (this.element.isConnected) this.#read();
  }

  /** Draws the curves again whenever one of the two lines moves. */
  #watch() {
    if (this.#isBegun) return;
    this.#isBegun = true;
    onResize(this.element, () => this.#drawCurves());
    onResize(this.#strip.scroller, () => this.#drawCurves());
    for (const scroller of [this.scroller, this.#strip.scroller]) {
      scroller.addEventListener("scroll", () => this.#drawCurves(), { passive: true });
    }
  }

  async #read() {
    const { trace, index } = this.#place ?? {};
    if (!trace || trace !== this.#trace || index < 0) return this.#clear();
    if (trace.header.words && !openedFile(trace.id)) return this.#refuse(NO_MODEL);
    const asked = {};
    this.#asked = asked;
    try {
      const row = await fetchSourceRow(trace.id, index, this.layer.value, this.head.value || MEAN);
      if (asked !== this.#asked) return;
      this.#shown = { trace, index, row };
      this.#offer(row);
      this.#draw();
    } catch (error) {
      if (asked === this.#asked) this.#refuse(error.message);
    }
  }

  /** Fills the two lists for the model of the text. @param {import("../attention/reader.js").SourceRow} row */
  #offer({ layer, layers, heads }) {
    if (this.layer.options.length !== layers) {
      this.layer.replaceChildren(...numbers(layers, (number) => (number === layers - 1 ? t("layer {number} (last)", { number }) : t("layer {number}", { number }))));
      this.layer.value = String(layer);
    }
    if (this.head.options.length !== heads + 1) {
      const mean = Object.assign(make("option", "", t("mean")), { value: MEAN });
      this.head.replaceChildren(mean, ...numbers(heads, (number) => t("head {number}", { number })));
    }
  }

  /** Tells who reads along which weights are in view. */
  #tell() {
    const { trace, index, row } = this.#shown ?? {};
    tellShown("decode/source", row ? { trace, index, weights: row.weights } : null);
  }

  #clear() {
    this.#asked = {};
    if (this.#shown) {
      this.#shown = null;
      this.#tell();
    }
    for (const chip of this.#chips) {
      delete chip.dataset.heat;
      chip.title = "";
    }
    setText(this.said, "");
    setText(this.top, "");
    this.#drawCurves();
  }

  #refuse(sentence) {
    this.#clear();
    setText(this.said, sentence);
  }

  #draw() {
    const { weights } = this.#shown.row;
    const top = largest(weights);
    for (const [place, chip] of this.#chips.entries()) {
      chip.dataset.heat = String(heatShade(weights[place], top, false));
      chip.title = t("weight {weight}", { weight: share(weights[place]) });
    }
    setText(this.top, share(top));
    const [first] = strongest(weights, 1);
    if (first !== undefined) this.#choice.scrollTo(this.#chips[first]);
    this.#say();
    this.#drawCurves();
    this.#tell();
  }

  #choose(place) {
    this.#key = place;
    this.#choice.mark(place);
    this.#choice.scrollTo(this.#chips[place]);
    this.#say();
  }

  #say() {
    if (!this.#shown) return;
    const { trace, index, row } = this.#shown;
    const token = this.#textOf(trace.steps[index].token_id);
    const words = trace.header.source_ids.map((id) => this.#textOf(id));
    const { weights } = row;
    const sentence = this.#key === null ? lookSentence(token, words, weights) : pairSentence(token, words[this.#key], weights[this.#key]);
    setText(this.said, [sentence, recomputedSentence(weights)].filter(Boolean).join(". "));
  }

  /** Draws a curve from each of the strongest tokens of the source to the token in view, if both are in sight. */
  #drawCurves() {
    const { trace, index, row } = this.#shown ?? {};
    const places = row && this.element.isConnected ? strongest(row.weights) : [];
    const frame = this.element.getBoundingClientRect();
    const target = places.length ? this.#strip.chips[trace.header.prompt_ids.length + index] : undefined;
    const end = target && inSight(target, this.#strip.scroller);
    for (const [number, path] of this.curves.entries()) {
      const place = places[number];
      const start = end && place !== undefined && inSight(this.#chips[place], this.scroller);
      path.style.display = start ? "" : "none";
      if (!start) continue;
      const from = { x: start.left + start.width / 2 - frame.left, y: start.bottom - frame.top };
      const to = { x: end.left + end.width / 2 - frame.left, y: end.top - frame.top };
      const weight = row.weights[place];
      set(path, { d: curve(from, to), "stroke-width": 1 + 3 * weight, "stroke-opacity": 0.15 + 0.85 * weight });
    }
  }
}

/** @returns {DOMRect | null} the box of an element if its scroller shows it */
function inSight(element, scroller) {
  const box = element.getBoundingClientRect();
  const around = scroller.getBoundingClientRect();
  return box.width > 0 && box.bottom > around.top + 2 && box.top < around.bottom - 2 ? box : null;
}

const numbers = (count, wordsOf) =>
  Array.from({ length: count }, (_, number) => Object.assign(make("option", "", wordsOf(number)), { value: String(number) }));
