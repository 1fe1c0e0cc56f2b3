/**
 * Colours the Decode tab's strip by attention: the weights of the query that predicted the step in view.
 * Fetches one row for each step, only while attention is the chosen colour.
 *
 * Shift with the arrow keys moves from token to token and says each weight, as the pointer does.
 */

import { choice } from "./choice.js";
import { HeadControls } from "./head_controls.js";
import { heatShade } from "./heat.js";
import { fetchFactsOf, fetchRow } from "./reader.js";
import { largest, withoutFirst } from "./weights.js";
import { capital, headName, keyWeight, rowSentence, weight } from "./words.js";
import { make, nearest, patch, setText } from "../common/dom.js";
import { count, t } from "../common/language.js";
import { recomputedSentence } from "../common/recomputed.js";
import { SHADES } from "../common/shading.js";
import { openedFile } from "../common/trace_file.js";
import { whileMounted } from "../common/while_mounted.js";
import { SinkLine } from "./sink_line.js";

const NAME = "attention";
const NO_MODEL = t("This text was not generated here, so its attention is not available.");

export class StripAttention {
  #strip;
  #place = null; // {trace, index} in view
  #row = null; // its weights with the first token
  #key = null; // the token that Shift and the arrow keys reached
  /** What is known of the model whose heads the controls offer. @type {Parameters<HeadControls["begin"]>[0] | null} */
  #facts = null;

  /** @param {import("../decode/token_strip.js").TokenStrip} strip */
  constructor(strip) {
    this.#strip = strip;
    this.controls = new HeadControls();
    const patches = Array.from({ length: SHADES }, (_, heat) => patch("heat", heat));
    this.top = make("span");
    this.legend = make("span", "pg-shades", `${t("weight")} ${count(0)}`, ...patches, this.top);
    this.said = make("p", "pg-weight-said");
    this.said.ariaLive = "polite";
    this.sink = new SinkLine();
    this.element = make("div", "pg-strip-attention", this.controls.element, this.legend, this.said, this.sink.element);
    this.element.hidden = true;
    strip.onShading = () => this.#turn();
    strip.element.addEventListener("pointerover", (event) => this.#hover(nearest(event, ".pg-token")));
    strip.element.addEventListener("pointerleave", () => this.#say(this.#key));
    strip.element.addEventListener("keydown", (event) => this.#onKey(event), true);
    whileMounted(strip.element).onDocument("playground:head", () => this.#read());
  }

  get #isOn() {
    return this.#strip.shading === NAME;
  }

  /**
   * Shows another step.
   *
   * @param {import("../common/trace.js").Trace} trace
   * @param {number} index
   */
  show(trace, index) {
    this.#place = { trace, index };
    this.#key = null;
    this.#read();
  }

  #turn() {
    this.element.hidden = !this.#isOn;
    if (this.#isOn) this.#read();
    else this.#clear();
  }

  #clear() {
    this.#row = this.#key = null;
    for (const chip of this.#strip.chips) {
      delete chip.dataset.heat;
      chip.classList.remove("pg-key-token");
      if (!chip.dataset.index) chip.title = ""; // a prompt's token that is not scored has no other title
    }
  }

  async #read() {
    const place = this.#place;
    if (!this.#isOn || !place) return;
    const { id, header } = place.trace;
    if (header.words && !openedFile(id)) return this.#refuse(NO_MODEL);
    const position = header.prompt_ids.length + place.index;
    try {
      await this.#begin(id);
      const chosen = choice();
      const row = await fetchRow(id, position, chosen.layer, chosen.head);
      if (place !== this.#place || chosen !== choice() || !this.#isOn) return;
      this.#row = row;
      this.#draw();
      if (!place.trace.isRunning) this.#fetchBeside(id, position, chosen);
    } catch (error) {
      if (place === this.#place) this.#refuse(error.message);
    }
  }

  async #begin(traceId) {
    const facts = await fetchFactsOf(traceId);
    if (facts.reason) throw new Error(facts.reason);
    if (facts === this.#facts) return this.controls.show();
    this.#facts = facts;
    this.controls.begin(facts);
  }

  /** Fetches the rows of the neighbouring steps, which are likely to be looked at next. */
  #fetchBeside(id, position, { layer, head }) {
    const last = this.#strip.chips.length;
    for (const next of [position + 1, position - 1]) {
      if (next > 0 && next < last) fetchRow(id, next, layer, head).catch(() => {});
    }
  }

  #refuse(sentence) {
    this.#clear();
    setText(this.said, sentence);
    this.sink.show(null, false);
    setText(this.top, "");
  }

  #draw() {
    const start = performance.now();
    const { hidesFirst } = choice();
    const shown = hidesFirst ? withoutFirst(this.#row) : this.#row;
    const top = largest(shown);
    this.#strip.chips.forEach((chip, key) => {
      const heat = Number.isNaN(shown[key]) ? "hidden" : heatShade(shown[key], top, false);
      if (key >= shown.length) delete chip.dataset.heat;
      else if (chip.dataset.heat !== String(heat)) chip.dataset.heat = heat;
      if (key < shown.length) chip.title = keyWeight(this.#row, key, hidesFirst);
    });
    setText(this.top, weight(top));
    this.sink.show(this.#row, hidesFirst);
    this.#say(this.#key);
    performance.measure("playground:attention", { start });
  }

  #hover(chip) {
    const key = this.#strip.chips.indexOf(chip);
    if (this.#isOn && key >= 0) this.#say(key);
  }

  #onKey(event) {
    if (!this.#isOn || !this.#row || !event.shiftKey || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // without Shift, the arrow keys choose the step
    const last = this.#row.length - 1;
    const at = this.#key === null ? last + 1 : this.#key;
    this.#key = Math.min(Math.max(at + (event.key === "ArrowLeft" ? -1 : 1), 0), last);
    this.#say(this.#key);
  }

  /** Says the weight of one token, or the row's largest weights if `key` is null. */
  #say(key) {
    if (!this.#row) return;
    const { layer, head, hidesFirst } = choice();
    const { chips } = this.#strip;
    for (const [index, chip] of chips.entries()) chip.classList.toggle("pg-key-token", index === this.#key);
    const tokens = chips.map((chip) => chip.textContent);
    const name = capital(headName(layer, head));
    if (key === null) setText(this.said, rowSentence(name, this.#row, tokens, recomputedSentence(this.#row)));
    else if (key < this.#row.length) setText(this.said, t("{head} → “{token}”: {weight}", { head: name, token: tokens[key], weight: keyWeight(this.#row, key, hidesFirst) }));
    else setText(this.said, t("“{token}” comes later: this step has not seen it", { token: tokens[key] }));
  }
}
